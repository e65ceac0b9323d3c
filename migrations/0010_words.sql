-- The words of each message are kept: worked out anew for every message that an index or a walk comes to, they took
-- 30 µs each, which is most of a search among a million episodes.
drop index event_talk;
drop statistics event_talk_words;
alter table events add column words tsvector generated always as (
    case when kind = 'moved' then to_tsvector('english'::regconfig, body ->> 'talk') end
) stored;
create index event_words on events using gin (words) where words is not null;
alter table events alter column words set statistics 500;

-- Episodes without gains from trade are few, and lie with few products: Postgres takes a third of all for such.
create index episode_conflicting on episodes (product_id, id)
    where status = 'over' and training_run_id is null and budget_mills < cost_mills;
