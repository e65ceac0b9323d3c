-- Evaluations: two negotiators over many products, by one command.
--
-- Units as in 0001.

-- One row per evaluation: what was asked for, and how far it came. Written by `evaluation_create` before
-- the first episode and by `evaluation_end`. No cascade: an evaluation's episodes stay.
create table evaluations (
    id uuid not null,
    -- As it was typed.
    command text not null,
    -- Names of negotiators.
    buyer text not null,
    seller text not null,
    -- `train`, `test` or `all`.
    split text not null,
    -- All that decides the episodes, the products' ids included: what a resumed evaluation goes by.
    settings jsonb not null,
    -- The seed's bits; the sign is an accident of the type. Each episode has its own, made from it.
    seed bigint not null,
    -- Of the program that began it.
    code_version text not null,
    started_at timestamptz not null default now(),
    -- Null while it runs, and where it was interrupted.
    ended_at timestamptz,
    -- Episodes that it asks for.
    planned integer not null,
    -- At the end: episodes that count, and attempts that the machinery failed.
    finished integer,
    failed integer,
    constraint evaluation_pkey primary key (id),
    constraint evaluation_split_known check (split in ('train', 'test', 'all')),
    constraint evaluation_counts_not_negative check (planned >= 0 and finished >= 0 and failed >= 0),
    constraint evaluation_counted_at_its_end check (
        (ended_at is null) = (finished is null) and (ended_at is null) = (failed is null)
    )
);

-- An evaluation's episodes are stored whole, when they are over, by `evaluation_episode_add`. Their
-- creator is a visitor with the evaluation's id.
alter table episodes
    add column evaluation_id uuid,
    -- From 0, of one product.
    add column rollout integer,
    add constraint episode_evaluation_exists foreign key (evaluation_id) references evaluations (id),
    add constraint episode_evaluation_whole check ((evaluation_id is null) = (rollout is null)),
    add constraint episode_rollout_not_negative check (rollout >= 0);
create index episode_of_evaluation on episodes (evaluation_id, product_id, rollout)
    where evaluation_id is not null;
-- A rollout is played once, however often an evaluation is resumed; attempts that the machinery failed
-- stay beside it.
create unique index episode_evaluated_once on episodes (evaluation_id, product_id, rollout)
    where outcome_kind <> 'engine_failure';
