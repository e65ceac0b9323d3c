-- What researchers look at and write beside episodes.
--
-- Units as in 0001.

-- Words of each message, for the search in talk.
create index event_talk on events using gin (to_tsvector('english', body ->> 'talk'))
    where kind = 'moved';

-- The orders of the table of episodes, and who sits where. Rollouts are found by their run alone.
create index episode_by_buyer_reward on episodes (buyer_reward, id)
    where training_run_id is null and buyer_reward is not null;
create index episode_by_seller_reward on episodes (seller_reward, id)
    where training_run_id is null and seller_reward is not null;
create index episode_of_buying_negotiator on episodes (buyer_negotiator, id)
    where training_run_id is null;
create index episode_of_selling_negotiator on episodes (seller_negotiator, id)
    where training_run_id is null;
create index episode_of_ending on episodes (outcome_kind, id)
    where training_run_id is null;
create index episode_of_run on episodes (training_run_id, id) where training_run_id is not null;

-- Labels that researchers put on episodes. Written by `tag_add` and `tag_remove`.
create table episode_tags (
    episode_id uuid not null,
    tag text not null,
    -- Who put it there first.
    user_id uuid not null,
    created_at timestamptz not null default now(),
    constraint episode_tag_pkey primary key (episode_id, tag),
    constraint episode_tag_episode_exists foreign key (episode_id) references episodes (id),
    constraint episode_tag_user_exists foreign key (user_id) references users (id),
    constraint episode_tag_short check (tag = btrim(tag) and length(tag) between 1 and 40)
);
create index episode_tag_of_tag on episode_tags (tag, episode_id);

-- What a researcher thinks of an episode, one opinion per scale: so that agreement between raters can be
-- told. Written by `rating_set`; the last word counts.
create table episode_ratings (
    episode_id uuid not null,
    user_id uuid not null,
    -- What is rated, e.g. `sense`.
    scale text not null,
    score smallint not null,
    note text not null default '',
    rated_at timestamptz not null default now(),
    constraint episode_rating_pkey primary key (episode_id, user_id, scale),
    constraint episode_rating_episode_exists foreign key (episode_id) references episodes (id),
    constraint episode_rating_user_exists foreign key (user_id) references users (id),
    constraint episode_rating_score_in_range check (score between 1 and 5),
    constraint episode_rating_scale_short check (scale = btrim(scale) and length(scale) between 1 and 40),
    constraint episode_rating_note_short check (length(note) <= 1000)
);

-- Where an episode was brought in from elsewhere: the SHA-256 of the export's manifest, in hexadecimal. Written by
-- `episode_import`.
alter table episodes add column imported_from text;

-- Who is better than whom over many episodes, worked out when somebody asks. Written by `ladder_create`,
-- `ladder_begin`, `ladder_end`, `ladder_publish`; deleted by `ladder_delete`.
create table ladders (
    -- UUID version 7, so that ids sort by time of creation.
    id uuid not null,
    title text not null,
    -- Which episodes count, as in the address of the table of episodes.
    conditions text not null,
    -- Whether everybody with the address sees it.
    public boolean not null,
    created_by uuid not null,
    created_at timestamptz not null default now(),
    -- When somebody began to work it out; null where nobody does.
    begun_at timestamptz,
    computed_at timestamptz,
    -- `wire::Ladder`.
    result jsonb,
    -- Why the last attempt came to nothing.
    failure text,
    constraint ladder_pkey primary key (id),
    constraint ladder_creator_exists foreign key (created_by) references users (id),
    constraint ladder_title_short check (title = btrim(title) and length(title) between 1 and 80)
);

-- Counterfactuals: an episode gone on with from one of its moves, with something changed, many times; and as many
-- times as it was, to compare. Each arm is an evaluation, whose episodes say where they come from. Written by
-- `counterfactual_create`, `counterfactual_begin`,
-- `counterfactual_end`.
create table counterfactuals (
    -- UUID version 7, so that ids sort by time of creation.
    id uuid not null,
    episode_id uuid not null,
    -- `wire::NewCounterfactual`: what is changed.
    settings jsonb not null,
    changed uuid not null,
    -- Null where a person sat there, whom nobody can play again.
    control uuid,
    created_by uuid not null,
    created_at timestamptz not null default now(),
    -- When somebody began to play it; null where nobody does.
    begun_at timestamptz,
    ended_at timestamptz,
    failure text,
    constraint counterfactual_pkey primary key (id),
    constraint counterfactual_episode_exists foreign key (episode_id) references episodes (id),
    constraint counterfactual_changed_exists foreign key (changed) references evaluations (id),
    constraint counterfactual_control_exists foreign key (control) references evaluations (id),
    constraint counterfactual_creator_exists foreign key (created_by) references users (id)
);
create index counterfactual_of_episode on counterfactuals (episode_id, id desc);
