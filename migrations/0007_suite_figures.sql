-- What a suite came to, so that a look at it need not measure its episodes again.
--
-- Written by `suite_keep`: for a suite that goes on, now and then.

alter table suites
    -- `wire::SuiteFigures`.
    add column figures jsonb,
    -- How many episodes were measured, and when.
    add column figures_done integer,
    add column figures_at timestamptz,
    add constraint suite_figures_whole check (
        (figures is null) = (figures_done is null) and (figures is null) = (figures_at is null)
    );
