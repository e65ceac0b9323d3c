-- Markets: many stalls and buyers on one clock. Their talks, once over, are episodes like all others.

-- One row per market. Written by `market_create`, `market_append`, `market_pace_set` and the leases. The log is the
-- truth; step, number of sales and status are its summary, written with each addition to it.
create table markets (
    -- UUID version 7, so that ids sort by time of creation.
    id uuid not null,
    title text not null,
    -- The population's file, as it was read.
    population text not null,
    -- `rules::market::MarketScenario`. Private: it holds all costs and values.
    scenario jsonb not null,
    -- Which negotiator plays whom (`policy::market::Cast`).
    parts jsonb not null,
    -- `running`, `paused`, `over`.
    status text not null,
    -- The last event's number; 0 before the first step.
    seq bigint not null default 0,
    step integer not null default 0,
    sold integer not null default 0,
    -- Time between steps; null: a command plays it as fast as it can, and nobody can join.
    pace_ms integer,
    -- Steps that are still to be made while it is paused.
    steps_granted integer not null default 0,
    created_by uuid not null,
    creator_user uuid,
    -- A double click opens one market.
    creator_key uuid not null,
    code_version text not null,
    created_at timestamptz not null default now(),
    ended_at timestamptz,
    -- Which server process keeps the clock, and until when without renewal.
    lease_owner uuid,
    lease_until timestamptz,
    constraint market_pkey primary key (id),
    constraint market_opened_once unique (created_by, creator_key),
    constraint market_creator_exists foreign key (created_by) references visitors (id),
    constraint market_user_exists foreign key (creator_user) references users (id),
    constraint market_title_not_empty check (title <> ''),
    constraint market_status_known check (status in ('running', 'paused', 'over')),
    constraint market_pace_in_range check (pace_ms between 50 and 60000)
);
create index market_under_way on markets (lease_until) where status <> 'over';

-- What happened, in the order of its numbers. One row per step or act of a person: its events have the numbers
-- `first` to `last`. Written by `market_append`; append-only, without gaps per market.
create table market_log (
    market_id uuid not null,
    first bigint not null,
    last bigint not null,
    at timestamptz not null,
    -- Of a person's act: sent twice, it happens once.
    key uuid,
    -- `rules::market::MarketEvent`s. Private: thoughts and costs are among them.
    events jsonb not null,
    constraint market_log_pkey primary key (market_id, first),
    constraint market_log_market_exists foreign key (market_id) references markets (id),
    constraint market_log_whole check (first > 0 and last >= first)
);
-- A large market's steps are large: where Postgres has lz4, they are packed with less work.
do $$ begin
    alter table market_log alter column events set compression lz4;
exception when feature_not_supported then null;
end $$;
create unique index market_log_key on market_log (market_id, key) where key is not null;
create trigger market_log_append_only before update or delete or truncate on market_log
    for each statement execute function refuse_change('market_log_append_only');

-- Which person sits where, from when to when. Written by `market_append` together with the event of coming or leaving.
create table market_seats (
    market_id uuid not null,
    role text not null,
    -- The buyer's or stall's number.
    number integer not null,
    visitor_id uuid not null,
    taken_at timestamptz not null default now(),
    -- When the person's page last asked. Who did not ask for long has left.
    seen_at timestamptz not null default now(),
    left_at timestamptz,
    constraint market_seat_market_exists foreign key (market_id) references markets (id),
    constraint market_seat_visitor_exists foreign key (visitor_id) references visitors (id),
    constraint market_seat_role_known check (role in ('buyer', 'seller'))
);
-- One person on a seat, one seat for a person.
create unique index market_seat_taken_once on market_seats (market_id, role, number) where left_at is null;
create unique index market_seat_one_each on market_seats (market_id, visitor_id) where left_at is null;
create index market_seat_of_visitor on market_seats (visitor_id);

-- A talk of a market that is over. Its events are those of the market's log.
alter table episodes
    add column market_id uuid,
    add column market_talk integer,
    add constraint episode_market_exists foreign key (market_id) references markets (id),
    add constraint episode_market_whole check ((market_id is null) = (market_talk is null));
create unique index episode_of_market on episodes (market_id, market_talk) where market_id is not null;

-- What a growing share of buyers played by somebody else does to markets, paired by seed. Written by
-- `market_sweep_add`, from the command or a researcher's form; never changed.
create table market_sweeps (
    -- UUID version 7, so that ids sort by time of creation.
    id uuid not null,
    -- `server::markets::Sweep`: who replaces whom in what population, and every market's figures.
    sweep jsonb not null,
    -- What made it: a line for a shell, or where it was asked for.
    command text not null,
    code_version text not null,
    created_by uuid,
    created_at timestamptz not null default now(),
    constraint market_sweep_pkey primary key (id),
    constraint market_sweep_user_exists foreign key (created_by) references users (id)
);
