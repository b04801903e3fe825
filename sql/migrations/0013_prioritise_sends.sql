-- safe: a column with a constant default.

-- Who waits for a send: a person, or a program. Answers of people overtake the rest between threads; within one thread
-- messages leave in their order, whoever they are from. Written by message:send; read when a thread is nudged or swept.
alter table messages add column priority text not null default 'agent' check (priority in ('agent', 'automatic'));
