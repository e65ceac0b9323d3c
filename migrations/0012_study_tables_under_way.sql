-- Tables of studies that go on: looked through every second for those that somebody left.
create index episode_of_study_under_way on episodes (id) where study_id is not null and status = 'playing';
