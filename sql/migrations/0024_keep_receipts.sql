-- safe: a new table; the running release does not look at it.

-- "Read" that the customer has still to be told with an answer: owed from the commit that records the answer as sent.
create table receipts (
  tenant_id uuid not null,
  thread_id uuid not null,
  account_id uuid not null,
  provider_message_id text not null,
  attempts int not null default 0,
  next_attempt_at timestamptz not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, thread_id),
  foreign key (tenant_id, thread_id) references threads (tenant_id, id) on delete cascade
);
create index receipts_due on receipts (next_attempt_at);
