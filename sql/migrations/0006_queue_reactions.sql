-- safe: a new table.

-- Reactions on their way to the provider. They are no messages of the timeline (what colleagues see is in `reactions`),
-- but they are sent under the same rules: one per thread at a time, claimed and committed before the HTTP call.
-- An empty emoji takes the reaction off. Written by message:send, claimed and settled by consumers/outbound.
create table reaction_sends (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  thread_id uuid not null,
  account_id uuid not null,
  message_id uuid not null,
  member_id uuid not null,
  emoji text not null check (length(emoji) <= 32),
  -- As in messages: queued, sending, accepted, unknown, failed.
  send_state text not null default 'queued' check (send_state in ('queued', 'sending', 'accepted', 'unknown', 'failed')),
  error json,
  attempts int not null default 0,
  attempt_id uuid,
  attempt_started_at timestamptz,
  next_attempt_at timestamptz,
  command_id uuid,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, message_id) references messages (tenant_id, id) on delete cascade,
  foreign key (tenant_id, thread_id) references threads (tenant_id, id) on delete cascade
);
create index reaction_sends_queued on reaction_sends (tenant_id, thread_id, id) where send_state = 'queued';
create unique index reaction_sends_sending_key on reaction_sends (tenant_id, thread_id) where send_state = 'sending';
create index reaction_sends_due on reaction_sends (next_attempt_at) where send_state = 'queued';
create index reaction_sends_stuck on reaction_sends (attempt_started_at) where send_state = 'sending';
create index reaction_sends_by_message on reaction_sends (tenant_id, message_id);

alter table reaction_sends enable row level security;
create policy own_tenant on reaction_sends to hunfly_app using (tenant_id = (select session_tenant()))
  with check (tenant_id = (select session_tenant()));
grant insert on reaction_sends to hunfly_app;
