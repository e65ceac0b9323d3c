-- Studies with recruited people.

-- A study: its file lies in `study_versions`, what a participant does in `participant_events`. Written by
-- `study_create`, `study_write`, `study_launch`, `study_set`.
create table studies (
    id uuid not null,
    -- In participants' addresses.
    slug text not null,
    -- `draft`, `open`, `paused`, `closed`.
    status text not null default 'draft',
    -- The version that participants meet; null until it is launched, and from then on frozen.
    frozen integer,
    -- Participants are bots or colleagues: left out of results unless they are asked for.
    pilot boolean not null default false,
    -- Makes pseudonyms of platforms' ids. Erased with the identities: from then on nobody can tell who took part.
    key bytea,
    -- Completion codes by the name of `study::End`.
    codes jsonb not null,
    soft_stop_lifted boolean not null default false,
    preregistration text,
    created_by uuid not null,
    created_at timestamptz not null default now(),
    launched_at timestamptz,
    closed_at timestamptz,
    constraint study_pkey primary key (id),
    constraint study_slug_unique unique (slug),
    constraint study_slug_shape check (slug ~ '^[a-z0-9-]{3,40}$'),
    constraint study_status_known check (status in ('draft', 'open', 'paused', 'closed')),
    constraint study_frozen_when_launched check ((frozen is not null) = (launched_at is not null)),
    constraint study_creator_exists foreign key (created_by) references users (id)
);

-- Who may come by a link of the researchers' own: the link's token, which nobody guesses. Written by `guests_add`; go
-- with the study's identities.
create table study_guests (
    study_id uuid not null,
    token text not null,
    -- As the researchers know them.
    name text not null,
    constraint study_guest_pkey primary key (study_id, token),
    constraint study_guest_study_exists foreign key (study_id) references studies (id)
);

-- Every file that a study had. Append-only.
create table study_versions (
    study_id uuid not null,
    -- From 1 without gaps.
    version integer not null,
    -- `study::Study` as TOML.
    file text not null,
    -- SHA-256 of the file, in hexadecimal.
    hash text not null,
    note text not null,
    written_by uuid not null,
    written_at timestamptz not null default now(),
    constraint study_version_pkey primary key (study_id, version),
    constraint study_version_study_exists foreign key (study_id) references studies (id),
    constraint study_version_writer_exists foreign key (written_by) references users (id)
);
create trigger study_version_append_only before update or delete or truncate on study_versions
    for each statement execute function refuse_change('study_version_append_only');

-- One row per person and study: a summary of the participant's events. Written by `participant_enter` and
-- `participant_take`.
create table participants (
    -- UUID version 7, so that ids sort by time of entrance.
    id uuid not null,
    study_id uuid not null,
    -- `prolific`, `mturk`, `link`, `bot`.
    source text not null,
    -- HMAC-SHA-256 of source and platform's id under the study's key: the same person again is the same participant.
    pseudonym bytea not null,
    -- As whom the participant sits at tables.
    visitor_id uuid not null,
    language text not null,
    -- The last event's number.
    seq bigint not null default 0,
    -- `study::Place`, and where that ends by itself.
    place text not null,
    until_at timestamptz,
    -- The table that the participant sits at.
    episode_id uuid,
    -- `study::End`; null while it goes on.
    ended text,
    -- The dealt slot: `study::Slot`, and its parts for counts.
    slot jsonb,
    cell integer,
    -- The consent that was given.
    consent_version text,
    entered_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    ended_at timestamptz,
    constraint participant_pkey primary key (id),
    constraint participant_study_exists foreign key (study_id) references studies (id),
    constraint participant_once unique (study_id, pseudonym),
    constraint participant_visitor_exists foreign key (visitor_id) references visitors (id),
    constraint participant_source_known check (source in ('prolific', 'mturk', 'link', 'bot')),
    constraint participant_ended_in_time check ((ended is not null) = (ended_at is not null))
);
create index participant_of_study on participants (study_id, id);
create index participant_due on participants (until_at) where ended is null and until_at is not null;
create index participant_waiting on participants (study_id, seen_at) where place in ('waiting', 'choosing');
create index participant_at_table on participants (episode_id) where episode_id is not null;
create unique index participant_of_visitor on participants (visitor_id);

-- The truth about each participant. Append-only, `seq` from 1 without gaps. Erasing a person's identity leaves it.
create table participant_events (
    participant_id uuid not null,
    seq bigint not null,
    at timestamptz not null,
    -- `study::Event` in its two parts.
    kind text not null,
    body jsonb not null,
    constraint participant_event_pkey primary key (participant_id, seq),
    constraint participant_event_participant_exists foreign key (participant_id) references participants (id),
    constraint participant_event_seq_positive check (seq > 0)
);
create trigger participant_event_append_only before update or delete or truncate on participant_events
    for each statement execute function refuse_change('participant_event_append_only');

-- Who was dealt which slot, and who gave one back by leaving: with the seed, all that it takes to deal again. Append-only,
-- `n` from 1 without gaps. Written by `participant_take`.
create table study_assignments (
    study_id uuid not null,
    n integer not null,
    participant_id uuid not null,
    -- `dealt` or `returned`.
    kind text not null,
    -- `study::Slot`.
    slot jsonb not null,
    at timestamptz not null default now(),
    constraint study_assignment_pkey primary key (study_id, n),
    constraint study_assignment_study_exists foreign key (study_id) references studies (id),
    constraint study_assignment_participant_exists foreign key (participant_id) references participants (id),
    constraint study_assignment_once unique (participant_id, kind),
    constraint study_assignment_kind_known check (kind in ('dealt', 'returned'))
);
create trigger study_assignment_append_only before update or delete or truncate on study_assignments
    for each statement execute function refuse_change('study_assignment_append_only');

-- What platforms call people, kept apart from all that they did and erased by person, by study, and in time. Written
-- by `participant_enter`; deleted by `identities_erase`.
create table participant_identities (
    participant_id uuid not null,
    -- PROLIFIC_PID, the worker's id, or the guest's address.
    platform_id text not null,
    -- SESSION_ID or the assignment's id: what a payment refers to.
    submission text not null,
    -- STUDY_ID or the HIT's id.
    task text not null,
    constraint participant_identity_pkey primary key (participant_id),
    constraint participant_identity_participant_exists foreign key (participant_id) references participants (id)
);

-- Which episodes belong to a study. Null: none.
alter table episodes
    add column study_id uuid,
    -- `practice` or `counts`.
    add column study_part text,
    add constraint episode_study_exists foreign key (study_id) references studies (id),
    add constraint episode_study_part_known check (study_part in ('practice', 'counts')),
    add constraint episode_study_has_a_part check ((study_id is null) = (study_part is null));
create index episode_of_study on episodes (study_id, id) where study_id is not null;

-- What is paid: a ledger, each line once. Written by `payments_settle` when a participation ends; `paid_in` by
-- `payments_export`. Amounts never change: an error is corrected by another line.
create table payments (
    id bigint generated always as identity,
    participant_id uuid not null,
    -- `base` or `bonus`.
    kind text not null,
    cents integer not null,
    currency text not null,
    -- `study::Due`: which episode gave each cent.
    basis jsonb not null,
    made_at timestamptz not null default now(),
    -- The file that told the platform of it.
    paid_in uuid,
    paid_at timestamptz,
    constraint payment_pkey primary key (id),
    constraint payment_participant_exists foreign key (participant_id) references participants (id),
    constraint payment_once unique (participant_id, kind),
    constraint payment_kind_known check (kind in ('base', 'bonus')),
    constraint payment_not_negative check (cents >= 0),
    constraint payment_paid_in_time check ((paid_in is not null) = (paid_at is not null))
);

-- Words of researchers to one participant. Written by the monitor.
create table participant_messages (
    id bigint generated always as identity,
    participant_id uuid not null,
    text text not null,
    written_by uuid not null,
    written_at timestamptz not null default now(),
    constraint participant_message_pkey primary key (id),
    constraint participant_message_participant_exists foreign key (participant_id) references participants (id),
    constraint participant_message_writer_exists foreign key (written_by) references users (id)
);
create index participant_message_of on participant_messages (participant_id, id);

-- What may speak against a message being a person's own: for people to look at, it decides nothing.
create table evidence (
    id bigint generated always as identity,
    participant_id uuid not null,
    episode_id uuid,
    -- Messages on the table before it.
    turn integer,
    -- `study::evidence::Flag`, or `telling` where the other side's talk says what it is.
    flag text not null,
    detail jsonb not null,
    at timestamptz not null default now(),
    constraint evidence_pkey primary key (id),
    constraint evidence_participant_exists foreign key (participant_id) references participants (id),
    constraint evidence_episode_exists foreign key (episode_id) references episodes (id)
);
create index evidence_of on evidence (participant_id, id);
