-- How frequent words are in messages, so that Postgres can tell whether its index over them is the way to find
-- some. It takes no such statistics from an index that has a condition.
create statistics event_talk_words on (to_tsvector('english', body ->> 'talk')) from events;
