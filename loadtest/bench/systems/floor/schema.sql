-- The floor's tables: what this path cannot do without, and the same keys and foreign keys that a product needs.
create table accounts (
  id bigint generated always as identity primary key,
  channel text not null unique
);

create table threads (
  id bigint generated always as identity primary key,
  account_id bigint not null references accounts,
  contact text not null,
  unread int not null default 0,
  last_wamid text,
  last_at timestamptz,
  unique (account_id, contact)
) with (fillfactor = 80);
create index threads_by_activity on threads (account_id, last_at desc);

create table messages (
  id bigint generated always as identity primary key,
  thread_id bigint not null references threads,
  outbound boolean not null default false,
  wamid text not null unique,
  body text not null,
  at timestamptz not null
);
create index messages_by_thread on messages (thread_id, id);
