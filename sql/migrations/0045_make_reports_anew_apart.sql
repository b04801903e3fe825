-- safe: two columns with constant defaults in a table with one row for each tenant.

-- How often in a row figures were to be made anew and were not, and when they are to be next: noted before each attempt, so
-- that an attempt which takes its process with it counts too.
alter table report_cursors
  add column attempts integer not null default 0,
  add column next_attempt_at timestamptz not null default '-infinity';
