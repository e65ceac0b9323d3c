-- Language models at the table: every question to one, how an episode failed, and where one branched
-- off another.
--
-- Units as in 0001; `*_microdollars` are millionths of a dollar.

-- Why the machinery ended an episode: whose negotiator failed, and a code that the server has a
-- sentence for. Written by `episode_fail`, in the statement that inserts the end. Nothing internal:
-- the details are in `llm_calls` and in the log.
alter table episodes
    add column failed_role text,
    add column failure_code text,
    -- A stand-in's episode: the failed one, and the number of its last event that both share. Written
    -- by `episode_create`. Such episodes are two negotiators' work on one seat: comparisons between
    -- negotiators leave them out.
    add column forked_from uuid,
    add column forked_seq bigint,
    add constraint episode_failure_whole check ((failed_role is null) = (failure_code is null)),
    add constraint episode_failed_role_known check (failed_role in ('buyer', 'seller')),
    add constraint episode_fork_whole check ((forked_from is null) = (forked_seq is null)),
    add constraint episode_fork_exists foreign key (forked_from, forked_seq)
        references events (episode_id, seq);

-- One row per question to a language model, also of those that came to nothing: what it read, wrote,
-- took and cost. Written by the driver with `llm_calls_add` before the move is stored, so that a move
-- of a model has its calls; append-only, for what a model was asked is evidence. Prompt and output
-- tell limits and thoughts: for researchers alone. No cascade: an episode with calls stays.
create table llm_calls (
    -- Made by the server, so that a repeated insert is one row.
    id uuid not null,
    episode_id uuid not null,
    role text not null,
    -- Moves on the table when it was asked, from 0: with the role, the move that the call led to.
    turn integer not null,
    -- From 0 within one decision; a decision that the environment refused is followed by another.
    attempt integer not null,
    -- The name in the models file.
    model text not null,
    -- Which weights, where they are a checkpoint of a training run; null for a model as it came.
    checkpoint text,
    -- [{speaker, text}].
    prompt jsonb not null,
    -- All that the model wrote; what had been heard of it where it was cancelled.
    output text not null,
    prompt_tokens integer not null,
    completion_tokens integer not null,
    -- From the question: until it had a place, until the first token, until the last.
    queue_ms bigint not null,
    first_token_ms bigint not null,
    total_ms bigint not null,
    -- {temperature, top_k, top_p, max_tokens}.
    sampling jsonb not null,
    -- The seed's bits; the sign is an accident of the type.
    seed bigint not null,
    -- Whether a grammar held the output.
    constrained boolean not null,
    -- `ok`, `format` (no move), `illegal` (a move that the rules refuse), `engine` (no answer),
    -- `cancelled` (nobody was left to hear it).
    outcome text not null,
    error_code text,
    -- A sentence for researchers; may name files.
    error text,
    -- The last attempt failed and the move that was played is the fallback's, not the model's.
    fallback boolean not null,
    -- Where the call costs.
    cost_microdollars bigint,
    at timestamptz not null default now(),
    constraint llm_call_pkey primary key (id),
    constraint llm_call_episode_exists foreign key (episode_id) references episodes (id),
    constraint llm_call_role_known check (role in ('buyer', 'seller')),
    constraint llm_call_outcome_known check (
        outcome in ('ok', 'format', 'illegal', 'engine', 'cancelled')
    ),
    constraint llm_call_error_when_not_ok check ((outcome = 'ok') = (error_code is null)),
    constraint llm_call_counts_not_negative check (
        turn >= 0 and attempt >= 0 and prompt_tokens >= 0 and completion_tokens >= 0
        and queue_ms >= 0 and first_token_ms >= 0 and total_ms >= 0
    )
);
create index llm_call_of_episode on llm_calls (episode_id, at, turn, attempt);

create trigger llm_call_append_only before update or delete or truncate on llm_calls
    for each statement execute function refuse_change('llm_call_append_only');
