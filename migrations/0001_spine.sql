-- The spine: products, people, episodes and their events.
--
-- Units: `*_mills` are thousandths of a dollar; `*_at` are points in time to the millisecond;
-- `*_ms` are durations in milliseconds. Constraint names are the API's error codes: renaming one
-- is a breaking change. Names of roles, kinds and statuses are those of the wire format.

-- One row per import of a product source, for the record of where the products came from.
-- Written by `products_replace`. Never deleted.
create table imports (
    id bigint generated always as identity,
    source text not null,
    -- What the importer says of itself: files, counts, the split's seed.
    manifest jsonb not null,
    -- SHA-256 of the manifest's text as imported, in hexadecimal.
    manifest_sha256 text not null,
    products integer not null,
    imported_at timestamptz not null default now(),
    constraint import_pkey primary key (id),
    constraint import_products_not_negative check (products >= 0)
);

-- `array_to_string` is declared stable for the sake of other element types; over text it is immutable,
-- which a generated column demands.
create function joined(text[]) returns text language sql immutable parallel safe as $$
    select array_to_string($1, ' ')
$$;

-- Everything that can be bargained over. Written by `products_replace` alone, one source at a time.
-- A product that its source no longer has is retired, not deleted: episodes refer to it.
create table products (
    -- `{source}.{codename}`.
    id text not null,
    source text not null,
    codename text not null,
    import_id bigint not null,
    category text not null,
    title text not null,
    description text not null,
    features text[] not null,
    list_price_mills bigint not null,
    -- The two private limits of the product's own scenario. Never leave for the wrong eyes.
    budget_mills bigint not null,
    cost_mills bigint not null,
    -- Of the stall's seller.
    persona text not null,
    -- `train` or `test`: which products a negotiator may be trained on.
    split text not null,
    -- [{day, price}] oldest first; its lowest price is the seller's cost, so `product_find` shows
    -- a part of it only.
    history jsonb not null,
    -- SVG.
    picture text not null,
    -- Place within its category, from 0: the front page shows one of each category first.
    place integer not null,
    retired_at timestamptz,
    search tsvector generated always as (
        setweight(to_tsvector('english'::regconfig, title), 'A')
        || setweight(to_tsvector('english'::regconfig, category || ' ' || codename), 'B')
        || setweight(to_tsvector('english'::regconfig, description || ' ' || joined(features)), 'C')
    ) stored,
    constraint product_pkey primary key (id),
    constraint product_codename_unique unique (source, codename),
    constraint product_import_exists foreign key (import_id) references imports (id),
    constraint product_id_is_source_and_codename check (id = source || '.' || codename),
    constraint product_list_price_positive check (list_price_mills > 0),
    constraint product_budget_positive check (budget_mills > 0),
    constraint product_cost_positive check (cost_mills > 0),
    constraint product_split_known check (split in ('train', 'test'))
);
create index product_search on products using gin (search);
create index product_featured on products (place, id) where retired_at is null;

-- Browsers without an account. Written by `visitor_touch`, from the signed cookie.
create table visitors (
    id uuid not null,
    created_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    constraint visitor_pkey primary key (id)
);

-- Researchers. Written by the first run, by `souk admin` and by researchers themselves.
create table users (
    id uuid not null,
    name text not null,
    -- An argon2 PHC string; null until a password is set (sign-in by link only).
    password_hash text,
    created_at timestamptz not null default now(),
    disabled_at timestamptz,
    constraint user_pkey primary key (id),
    constraint user_name_not_empty check (name <> '')
);
-- Names differ in more than upper and lower case.
create unique index user_name_unique on users (lower(name));

-- Signed-in browsers. Written at sign-in and sign-out. The cookie holds the token, the table its
-- SHA-256 only. Go with their user.
create table sessions (
    token_hash bytea not null,
    user_id uuid not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    constraint session_pkey primary key (token_hash),
    constraint session_user_exists foreign key (user_id) references users (id) on delete cascade
);
create index session_of_user on sessions (user_id);

-- Links that sign in once, printed to the terminal at the first run or made by `souk admin`.
-- Go with their user.
create table login_links (
    token_hash bytea not null,
    user_id uuid not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    consumed_at timestamptz,
    constraint login_link_pkey primary key (token_hash),
    constraint login_link_user_exists foreign key (user_id) references users (id) on delete cascade
);

-- Keys of programs. Written by researchers. The key itself is shown once and kept as SHA-256.
-- Revoked keys stay, for the audit.
create table api_keys (
    id uuid not null,
    user_id uuid not null,
    label text not null,
    key_hash bytea not null,
    -- The first characters, to tell keys apart in a list.
    prefix text not null,
    scopes text[] not null,
    -- As whom the program sits at a table.
    visitor_id uuid not null,
    created_at timestamptz not null default now(),
    last_used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz,
    constraint api_key_pkey primary key (id),
    constraint api_key_hash_unique unique (key_hash),
    constraint api_key_user_exists foreign key (user_id) references users (id) on delete cascade,
    constraint api_key_visitor_exists foreign key (visitor_id) references visitors (id),
    constraint api_key_label_not_empty check (label <> '')
);
create index api_key_of_user on api_keys (user_id);

-- Who did what, beside playing. Written by the server at each act of administration; append-only.
-- Users and visitors are plain ids here: the record outlives them.
create table audit (
    id bigint generated always as identity,
    at timestamptz not null default now(),
    user_id uuid,
    visitor_id uuid,
    action text not null,
    subject text not null,
    detail jsonb not null,
    constraint audit_pkey primary key (id)
);

-- One row per negotiation, of people and of models alike: what is fixed before the first move, who
-- sits where, and a summary of the events. Written by `episode_create`, `episode_join`,
-- `episode_play`, `pace_set` and the leases. The events are the truth: the summary is recomputed
-- with each move in the same statement that inserts its events.
create table episodes (
    -- UUID version 7, so that ids sort by time of creation.
    id uuid not null,
    product_id text not null,
    -- `rules::Scenario`: listing, limits, regulation, seed. Private.
    scenario jsonb not null,
    budget_mills bigint generated always as ((scenario ->> 'budget')::bigint) stored,
    cost_mills bigint generated always as ((scenario ->> 'cost')::bigint) stored,
    -- The seed's bits; the sign is an accident of the type.
    seed bigint not null,
    -- Per seat: `open`, `person` or `negotiator`; the latter with its name and title.
    buyer_kind text not null,
    buyer_negotiator text,
    buyer_title text,
    buyer_visitor uuid,
    buyer_user uuid,
    seller_kind text not null,
    seller_negotiator text,
    seller_title text,
    seller_visitor uuid,
    seller_user uuid,
    -- Who started it, and that one's key: a double click starts one episode.
    creator_visitor uuid not null,
    creator_key uuid not null,
    -- SHA-256 of the token in the invitation link; cleared when the seat is taken.
    invite_hash bytea,
    -- `waiting` (no events yet), `playing`, `over`.
    status text not null,
    -- The last event's number; 0 before the opening.
    seq bigint not null default 0,
    moves integer not null default 0,
    -- `rules::Act` of the last move.
    last_act jsonb,
    -- `buyer`, `seller`, `either` (open protocol) while it is played.
    next_actor text,
    -- The open protocol's end.
    deadline_at timestamptz,
    -- `rules::Outcome`, with its kind and price beside it for queries.
    outcome jsonb,
    outcome_kind text,
    price_mills bigint,
    -- Rewards with the name and version of their formula; null where an episode is not scored.
    reward_name text,
    reward_version integer,
    buyer_reward double precision,
    seller_reward double precision,
    -- Of the program that created the episode.
    code_version text not null,
    -- For two negotiators that are watched: time between moves, and moves granted while paused.
    pace_ms integer,
    paused boolean not null default false,
    steps_granted integer not null default 0,
    -- Which server process drives the negotiators, and until when without renewal.
    lease_owner uuid,
    lease_until timestamptz,
    created_at timestamptz not null,
    ended_at timestamptz,
    awaits_agent boolean generated always as (
        status = 'playing' and (
            (next_actor in ('buyer', 'either') and buyer_kind = 'negotiator')
            or (next_actor in ('seller', 'either') and seller_kind = 'negotiator')
        )
    ) stored,
    constraint episode_pkey primary key (id),
    constraint episode_started_once unique (creator_visitor, creator_key),
    constraint episode_product_exists foreign key (product_id) references products (id),
    constraint episode_creator_exists foreign key (creator_visitor) references visitors (id),
    constraint episode_buyer_visitor_exists foreign key (buyer_visitor) references visitors (id),
    constraint episode_seller_visitor_exists foreign key (seller_visitor) references visitors (id),
    constraint episode_buyer_user_exists foreign key (buyer_user) references users (id),
    constraint episode_seller_user_exists foreign key (seller_user) references users (id),
    constraint episode_limits_positive check (budget_mills > 0 and cost_mills > 0),
    constraint episode_price_positive check (price_mills > 0),
    constraint episode_pace_in_range check (pace_ms between 0 and 10000),
    constraint episode_status_known check (status in ('waiting', 'playing', 'over')),
    constraint episode_seats_known check (
        buyer_kind in ('open', 'person', 'negotiator')
        and seller_kind in ('open', 'person', 'negotiator')
    ),
    constraint episode_person_is_a_visitor check (
        (buyer_kind = 'person') = (buyer_visitor is not null)
        and (seller_kind = 'person') = (seller_visitor is not null)
    ),
    constraint episode_negotiator_is_named check (
        (buyer_kind = 'negotiator') = (buyer_negotiator is not null)
        and (seller_kind = 'negotiator') = (seller_negotiator is not null)
    ),
    constraint episode_waits_with_an_open_seat check (
        (status = 'waiting') = (buyer_kind = 'open' or seller_kind = 'open')
    ),
    constraint episode_invites_with_an_open_seat check (
        (buyer_kind = 'open' or seller_kind = 'open') = (invite_hash is not null)
        and not (buyer_kind = 'open' and seller_kind = 'open')
    ),
    constraint episode_outcome_when_over check ((status = 'over') = (outcome is not null))
);
create index episode_of_product on episodes (product_id, id desc);
create index episode_over_of_product on episodes (product_id) where status = 'over';
create index episode_live on episodes (id desc) where status = 'playing';
create index episode_of_buyer on episodes (buyer_visitor, id desc) where buyer_visitor is not null;
create index episode_of_seller on episodes (seller_visitor, id desc) where seller_visitor is not null;
create index episode_awaiting_agent on episodes (lease_until) where awaits_agent;
create index episode_deadline on episodes (deadline_at) where status = 'playing';

-- The truth about each episode. Written by `episode_create`, `episode_join` and `episode_play`;
-- append-only, `seq` from 1 without gaps per episode. No cascade: an episode with events stays.
create table events (
    episode_id uuid not null,
    seq bigint not null,
    at timestamptz not null,
    -- `rules::Event` in its two parts.
    kind text not null,
    body jsonb not null,
    constraint event_pkey primary key (episode_id, seq),
    constraint event_episode_exists foreign key (episode_id) references episodes (id),
    constraint event_seq_positive check (seq > 0),
    constraint event_never_hidden check (kind <> 'hidden')
);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name
        using errcode = 'restrict_violation', constraint = tg_argv[0];
end
$$;
create trigger event_append_only before update or delete or truncate on events
    for each statement execute function refuse_change('event_append_only');
create trigger audit_append_only before update or delete or truncate on audit
    for each statement execute function refuse_change('audit_append_only');

-- Moves by the key that their client made: a double click or a resend is one move. Written by
-- `episode_play` together with the events that the move caused, which are `first_seq..=last_seq`.
create table moves_seen (
    episode_id uuid not null,
    key uuid not null,
    role text not null,
    first_seq bigint not null,
    last_seq bigint not null,
    constraint move_pkey primary key (episode_id, role, key),
    constraint move_episode_exists foreign key (episode_id) references episodes (id)
);
