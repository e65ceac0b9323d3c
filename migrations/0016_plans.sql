-- An episode as one statement sees it: the number of its last event, its events in their order, and the events of the move
-- with a key. Of a statement over a partitioned table PostgreSQL makes a plan for each call, since only with the id it
-- knows the partition; that took four times what reading takes. Within this function the first plan is kept, and
-- the partition is found when it runs.
create function episode_read(episode uuid, by_role text, by_key uuid)
    returns table (seq bigint, kinds text[], bodies text[], times timestamptz[], first_seq bigint, last_seq bigint)
    language plpgsql stable set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
    return query
        select e.seq, log.kinds, log.bodies, log.times, seen.first_seq, seen.last_seq
        from episodes e
        left join moves_seen seen on seen.episode_id = e.id and seen.role = by_role and seen.key = by_key
        cross join lateral (
            select coalesce(array_agg(kind), '{}') as kinds, coalesce(array_agg(body::text), '{}') as bodies,
                coalesce(array_agg(at), '{}') as times
            from (select kind, body, at from events where episode_id = episode order by seq) as ordered
        ) as log
        where e.id = episode;
end
$$;
