-- A move changes its episode's row. PostgreSQL writes the new one beside the old and leaves every index as it is (a
-- heap-only update) where no index names a column that changed and the page has room. `awaits_agent` changes with each
-- move; who sits where does not.
drop index episode_awaiting_agent;
create index episode_with_agent on episodes (lease_until)
    where status = 'playing' and (buyer_kind = 'negotiator' or seller_kind = 'negotiator');
-- Of pages that are written from here on.
alter table episodes set (fillfactor = 75);
