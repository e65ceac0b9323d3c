-- Suites: evaluations by one plan, each negotiator against each opponent.
--
-- Units as in 0001.

-- One row per suite; a queue like `training_runs`. Written by `suite_create`, then by the worker that holds
-- its lease, and by `suite_ask`. Never deleted: evaluations refer to it.
create table suites (
    -- UUID version 7, so that ids sort by time of creation.
    id uuid not null,
    label text not null,
    -- The built-in plan, and TOML laid over it, as it was given.
    plan text not null,
    overlay text not null,
    -- The plan, resolved, and the products' ids: all that decides the episodes.
    settings jsonb not null,
    -- For people.
    measured text not null,
    against text not null,
    code_version text not null,
    created_by uuid,
    -- `queued`, `running`, `paused`, `done`, `failed`, `cancelled`.
    status text not null default 'queued',
    -- What the worker is asked to do: `pause` or `cancel`.
    asked text,
    -- Episodes asked for, that count, and attempts that the machinery failed.
    planned integer not null,
    done integer not null default 0,
    failed integer not null default 0,
    left_ms bigint,
    -- Times that a worker took it without coming to a new episode.
    attempts integer not null default 0,
    lease_owner uuid,
    lease_until timestamptz,
    failure_code text,
    failure_sentence text,
    created_at timestamptz not null default now(),
    ended_at timestamptz,
    constraint suite_pkey primary key (id),
    constraint suite_status_known check (
        status in ('queued', 'running', 'paused', 'done', 'failed', 'cancelled')
    ),
    constraint suite_asked_known check (asked in ('pause', 'cancel')),
    constraint suite_failure_whole check (
        (failure_code is null) = (failure_sentence is null)
        and (status = 'failed') = (failure_code is not null)
    ),
    constraint suite_lease_while_running check ((status = 'running') = (lease_owner is not null)),
    constraint suite_counts_not_negative check (
        planned >= 0 and done >= 0 and failed >= 0 and left_ms >= 0
    )
);
create index suite_waiting on suites (id) where status in ('queued', 'running');

-- An evaluation of a suite is one pair.
alter table evaluations
    add column suite_id uuid,
    -- From 0, in the order of the plan.
    add column pair integer,
    add constraint evaluation_suite_exists foreign key (suite_id) references suites (id),
    add constraint evaluation_suite_whole check ((suite_id is null) = (pair is null)),
    add constraint evaluation_of_pair_once unique (suite_id, pair);
