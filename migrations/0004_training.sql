-- Training runs: a queue that workers take from, and all that is kept of a run.
--
-- Units as in 0001.

-- One row per run. Written by `run_create`, then by the worker that holds its lease, and by `run_ask`.
-- Never deleted: checkpoints and rollouts refer to it.
create table training_runs (
    -- UUID version 7, so that ids sort by time of creation.
    id uuid not null,
    label text not null,
    preset text not null,
    -- TOML laid over the preset, as it was given.
    overlay text not null,
    -- `rl::Plan`, resolved: what the run goes by.
    settings jsonb not null,
    -- `buyer` or `seller`; null where both learn.
    role text,
    -- For people.
    opponents text not null,
    -- Of the program that queued it.
    code_version text not null,
    -- Products to learn from, and a hash over them: a run does not go on over others.
    products integer not null,
    products_sha256 text not null,
    created_by uuid,
    -- `queued`, `running`, `paused`, `done`, `failed`, `cancelled`.
    status text not null default 'queued',
    -- What the worker is asked to do: `pause` or `cancel`.
    asked text,
    -- Iterations done, of how many.
    iteration integer not null default 0,
    planned integer not null,
    -- What the worker is at, and its estimate of what is left.
    stage text,
    left_ms bigint,
    -- Time worked on it, pauses left out.
    worked_ms bigint not null default 0,
    -- Times that a worker took it since its last iteration: who dies of it again and again is stopped.
    attempts integer not null default 0,
    lease_owner uuid,
    lease_until timestamptz,
    -- A code that programs know, and a sentence for people.
    failure_code text,
    failure_sentence text,
    created_at timestamptz not null default now(),
    ended_at timestamptz,
    constraint training_run_pkey primary key (id),
    constraint training_run_status_known check (
        status in ('queued', 'running', 'paused', 'done', 'failed', 'cancelled')
    ),
    constraint training_run_asked_known check (asked in ('pause', 'cancel')),
    constraint training_run_role_known check (role in ('buyer', 'seller')),
    constraint training_run_failure_whole check (
        (failure_code is null) = (failure_sentence is null)
        and (status = 'failed') = (failure_code is not null)
    ),
    constraint training_run_lease_while_running check ((status = 'running') = (lease_owner is not null)),
    constraint training_run_counts_not_negative check (
        iteration >= 0 and planned > 0 and worked_ms >= 0 and left_ms >= 0 and products > 0
    )
);
-- Who looks for work.
create index training_run_waiting on training_runs (id) where status in ('queued', 'running');

-- Workers that were heard from: whether one is there at all. Written whenever one looks for work or gives a
-- sign of life; old rows go with the next write.
create table training_workers (
    id uuid not null,
    seen_at timestamptz not null default now(),
    constraint training_worker_pkey primary key (id)
);

-- One row per iteration, written with its rollouts by `training_iteration_add`. An iteration that is done
-- again after a worker's death comes to the same figures, times apart, and takes the row's place.
create table training_steps (
    run_id uuid not null,
    -- From 1.
    iteration integer not null,
    -- Until its end.
    worked_ms bigint not null,
    -- Played in this iteration.
    episodes integer not null,
    -- {name: number or null}, flat.
    metrics jsonb not null,
    created_at timestamptz not null default now(),
    constraint training_step_pkey primary key (run_id, iteration),
    constraint training_step_run_exists foreign key (run_id) references training_runs (id)
);

-- What a person should look at. Written with the step.
create table training_alarms (
    run_id uuid not null,
    iteration integer not null,
    code text not null,
    sentence text not null,
    constraint training_alarm_pkey primary key (run_id, iteration, code),
    constraint training_alarm_step_exists foreign key (run_id, iteration)
        references training_steps (run_id, iteration)
);

-- Weights that a run kept, as folders below the data folder. Written by `checkpoint_add` and
-- `checkpoint_publish`.
create table checkpoints (
    id uuid not null,
    run_id uuid not null,
    iteration integer not null,
    -- Below the data folder.
    folder text not null,
    bytes bigint not null,
    -- Mean reward of the iteration that led to it.
    reward double precision,
    -- Settings, seed, code version, products: where the weights come from.
    manifest jsonb not null,
    -- The negotiator that it plays as.
    published text,
    created_at timestamptz not null default now(),
    constraint checkpoint_pkey primary key (id),
    constraint checkpoint_run_exists foreign key (run_id) references training_runs (id),
    constraint checkpoint_of_iteration_once unique (run_id, iteration),
    constraint checkpoint_published_unique unique (published)
);

-- An episode of a run is found from the run's pages alone: lists and comparisons leave it out, for who
-- learns is another one in every iteration.
alter table episodes
    add column training_run_id uuid,
    add constraint episode_training_run_exists foreign key (training_run_id)
        references training_runs (id);
-- Rollouts are many, and no stall counts them.
drop index episode_over_of_product;
create index episode_over_of_product on episodes (product_id)
    where status = 'over' and training_run_id is null;

-- One row per side that learnt from an episode, with the tokens that it read and drew.
create table rollouts (
    episode_id uuid not null,
    role text not null,
    run_id uuid not null,
    iteration integer not null,
    -- Rollouts of one scenario; both from 0.
    group_index integer not null,
    member integer not null,
    opponent text not null,
    -- Null: the machinery failed, and nobody learnt from it.
    reward double precision,
    advantage double precision not null,
    truncated boolean not null,
    -- `rl::trace::Stored`.
    trace bytea not null,
    constraint rollout_pkey primary key (episode_id, role),
    constraint rollout_episode_exists foreign key (episode_id) references episodes (id),
    constraint rollout_step_exists foreign key (run_id, iteration)
        references training_steps (run_id, iteration),
    constraint rollout_role_known check (role in ('buyer', 'seller'))
);
create unique index rollout_place_unique on rollouts (run_id, iteration, group_index, member, role);

-- What came of a run on products that nobody learns from: a row per opponent, at some iterations, of who learns
-- and of scripted negotiators in its place. Written once by `training_evaluation_add`, with its episodes.
create table training_evaluations (
    -- Holds the episodes.
    evaluation_id uuid not null,
    run_id uuid not null,
    -- Learnt before it; 0: the base.
    iteration integer not null,
    -- Of the run, until then.
    worked_ms bigint not null,
    -- The side that is measured.
    role text not null,
    -- A scripted negotiator; empty: who learns.
    baseline text not null,
    against text not null,
    persona text not null,
    -- {name: {value, low, high}}; an absent end is not known.
    figures jsonb not null,
    constraint training_evaluation_pkey primary key (evaluation_id),
    constraint training_evaluation_exists foreign key (evaluation_id) references evaluations (id),
    constraint training_evaluation_run_exists foreign key (run_id) references training_runs (id),
    constraint training_evaluation_once unique (run_id, iteration, role, baseline, against, persona),
    constraint training_evaluation_role_known check (role in ('buyer', 'seller')),
    constraint training_evaluation_not_negative check (iteration >= 0 and worked_ms >= 0)
);
