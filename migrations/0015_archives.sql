-- Events by time, and what was moved out of the database.
--
-- Ids of episodes are UUIDs of version 7: they sort by the time of creation. So a range of ids is a time, all events of
-- an episode lie in one partition, and who reads an episode by its id reads that partition alone.

-- The first id of a point in time.
create function episode_id_at(timestamptz) returns uuid language sql immutable parallel safe as $$
    select (lpad(to_hex(floor(extract(epoch from $1) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- A fork shares events of its parent, which may lie in an archive: what it names is looked up by number.
alter table episodes drop constraint episode_fork_exists;
create function refuse_unknown_fork() returns trigger language plpgsql as $$
begin
    if not exists (select from episodes where id = new.forked_from and seq >= new.forked_seq) then
        raise exception 'episode % has no event %', new.forked_from, new.forked_seq
            using errcode = 'foreign_key_violation', constraint = 'episode_fork_exists';
    end if;
    return new;
end
$$;
create trigger episode_fork_exists before insert on episodes
    for each row when (new.forked_from is not null) execute function refuse_unknown_fork();

-- All events until now become the first partition.
alter table events rename to events_first;
alter table events_first rename constraint event_pkey to events_first_pkey;
alter index event_words rename to events_first_words;
create table events (
    episode_id uuid not null,
    seq bigint not null,
    at timestamptz not null,
    kind text not null,
    body jsonb not null,
    words tsvector generated always as (
        case when kind = 'moved' then to_tsvector('english'::regconfig, body ->> 'talk') end
    ) stored,
    constraint event_pkey primary key (episode_id, seq),
    constraint event_episode_exists foreign key (episode_id) references episodes (id),
    constraint event_seq_positive check (seq > 0),
    constraint event_never_hidden check (kind <> 'hidden')
) partition by range (episode_id);
create index event_words on events using gin (words) where words is not null;
create trigger event_append_only before update or delete or truncate on events
    for each statement execute function refuse_change('event_append_only');

-- A table of the shape of a partition, not yet one. Statements on a partition itself meet its own trigger.
create function events_shape(name text) returns void language plpgsql as $$
begin
    execute format('create table %I (like events including defaults including constraints including generated)', name);
    execute format('alter table %I alter column words set statistics 500', name);
    execute format('create trigger event_append_only before update or delete or truncate on %I
        for each statement execute function refuse_change(''event_append_only'')', name);
end
$$;

-- The partition of the month of a point in time, unless there is one for that time: `true` where it was made. Whoever calls
-- it holds a lock against others who do. What came too early for a partition lies in `events_elsewhen`, and moves.
create function events_month(at timestamptz) returns boolean language plpgsql as $$
declare
    month timestamp := date_trunc('month', at at time zone 'UTC');
    name text := 'events_' || to_char(month, 'YYYY_MM');
    low uuid := episode_id_at(month at time zone 'UTC');
    high uuid := episode_id_at((month + interval '1 month') at time zone 'UTC');
begin
    if exists (select from events_partitions where low >= from_id and low < to_id) then
        return false;
    end if;
    perform events_shape(name);
    if exists (select from events_elsewhen where episode_id >= low and episode_id < high) then
        execute format('insert into %I (episode_id, seq, at, kind, body)
            select episode_id, seq, at, kind, body from events_elsewhen where episode_id >= $1 and episode_id < $2', name)
            using low, high;
        alter table events_elsewhen disable trigger event_append_only;
        delete from events_elsewhen where episode_id >= low and episode_id < high;
        alter table events_elsewhen enable trigger event_append_only;
    end if;
    execute format('alter table events attach partition %I for values from (%L) to (%L)', name, low, high);
    insert into events_partitions (name, from_id, to_id) values (name, low, high);
    return true;
end
$$;

-- The partitions with a range, as Postgres keeps them as text alone. Written by `events_month` and by archiving, which
-- puts a smaller table in a partition's place.
create table events_partitions (
    name text not null,
    from_id uuid not null,
    -- Not in it.
    to_id uuid not null,
    constraint events_partition_pkey primary key (name),
    constraint events_partition_range check (from_id < to_id)
);

select events_shape('events_elsewhen');
alter table events attach partition events_elsewhen default;
do $$
declare
    month timestamp := date_trunc('month', now() at time zone 'UTC') + interval '1 month';
    low uuid := '00000000-0000-0000-0000-000000000000';
    high uuid := episode_id_at(month at time zone 'UTC');
begin
    -- Ids that are no times stay where such ids come to lie.
    insert into events_elsewhen (episode_id, seq, at, kind, body)
        select episode_id, seq, at, kind, body from events_first where episode_id >= high;
    alter table events_first disable trigger event_append_only;
    delete from events_first where episode_id >= high;
    alter table events_first enable trigger event_append_only;
    execute format('alter table events attach partition events_first for values from (minvalue) to (%L)', high);
    insert into events_partitions (name, from_id, to_id) values ('events_first', low, high);
    for n in 0..2 loop
        perform events_month((month + make_interval(months => n)) at time zone 'UTC');
    end loop;
end
$$;

-- Objects of the archive: the events of some episodes, in Parquet. Written by `archive_add`, once the object is there and
-- was read again; never deleted.
create table event_archives (
    id bigint generated always as identity,
    -- Within the archive's folder or bucket.
    object text not null,
    -- Of the object.
    bytes bigint not null,
    -- In hexadecimal.
    sha256 text not null,
    -- Of the episodes in it, in the order of which they lie there.
    first_id uuid not null,
    last_id uuid not null,
    episodes bigint not null,
    events bigint not null,
    code_version text not null,
    archived_at timestamptz not null default now(),
    constraint event_archive_pkey primary key (id),
    constraint event_archive_object_unique unique (object)
);
create trigger event_archive_append_only before update or delete or truncate on event_archives
    for each statement execute function refuse_change('event_archive_append_only');

-- Where an episode's events are, if they left `events`.
alter table episodes
    add column archive_id bigint,
    add constraint episode_archive_exists foreign key (archive_id) references event_archives (id);
create index episode_of_archive on episodes (archive_id, id) where archive_id is not null;

-- Whose events may leave: nobody adds to them, or works something out of them by and by.
create view episodes_to_archive as
    select e.id, e.seq from episodes e
    where e.status = 'over' and e.archive_id is null and e.seq > 0
        and not exists (select from studies s where s.id = e.study_id and s.status <> 'closed')
        and not exists (select from training_runs r where r.id = e.training_run_id and r.ended_at is null);

-- Words of archived messages, for the search in talk.
create table archived_words (
    episode_id uuid not null,
    seq bigint not null,
    words tsvector not null,
    constraint archived_word_pkey primary key (episode_id, seq)
);
create index archived_word_index on archived_words using gin (words);
alter table archived_words alter column words set statistics 500;

-- Archived episodes whose events are in `events` again, because somebody reads them. Written by `recall`; they leave with
-- the next archiving after a day.
create table events_recalled (
    episode_id uuid not null,
    recalled_at timestamptz not null default now(),
    constraint event_recalled_pkey primary key (episode_id),
    constraint event_recalled_episode_exists foreign key (episode_id) references episodes (id)
);
