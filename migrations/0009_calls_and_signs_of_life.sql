-- Who works on a counterfactual or a ladder gives a sign of life now and then, so that one whose server was killed can
-- be gone on with after a minute. Null where nobody works on it. Written by `*_begin`, `*_beat`, `*_end`.
alter table counterfactuals rename column begun_at to seen_at;
alter table ladders rename column begun_at to seen_at;

-- What a call wrote by tokens: a list of [text, log-probability]. Null where the model did not tell.
alter table llm_calls add column tokens jsonb;
