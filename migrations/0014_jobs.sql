-- Training runs as jobs of a Ray cluster, and what happened to a run, in lines.
--
-- Units as in 0001.

alter table training_runs
    -- Where it is worked on: `here`, `ray`, `ray_trl`.
    add column place text not null default 'here',
    -- The job of the cluster that works on it, or did; each try is another one.
    add column job text,
    add column job_tries integer not null default 0,
    -- SHA-256 of the token with which that job asks and tells.
    add column job_token bytea,
    -- Bytes of that job's output that are in the log: the next who looks after it goes on there.
    add column job_logged bigint not null default 0,
    add constraint training_run_place_known check (place in ('here', 'ray', 'ray_trl')),
    add constraint training_run_job_whole check ((job is null) = (job_token is null)),
    add constraint training_run_job_elsewhere check (place <> 'here' or job is null),
    add constraint training_run_job_unique unique (job),
    add constraint training_run_job_token_unique unique (job_token);

-- What happened to a run, and what its job said; append-only. Written by `run_log_add`.
create table training_log (
    run_id uuid not null,
    id bigint generated always as identity,
    at timestamptz not null default now(),
    line text not null,
    constraint training_log_pkey primary key (run_id, id),
    constraint training_log_run_exists foreign key (run_id) references training_runs (id)
);
