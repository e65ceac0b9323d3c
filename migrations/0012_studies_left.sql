-- Tables of studies that go on: looked through every second for those that somebody left.
create index episode_of_study_under_way on episodes (id) where study_id is not null and status = 'playing';

-- Who took part and had the identity erased, apart from what they did: they do not take part again, and nobody can tell
-- which participant they were. Written by `identity_erase`; goes with the study's identities.
create table study_erased (
    study_id uuid not null,
    -- As `participants.pseudonym` was.
    pseudonym bytea not null,
    constraint study_erased_pkey primary key (study_id, pseudonym),
    constraint study_erased_study_exists foreign key (study_id) references studies (id)
);
