-- safe: creates the first tables of an empty database.
create extension if not exists pg_trgm;
create extension if not exists btree_gin;

-- Platform: one row per business. `nil` rows never exist; platform-owned records use the nil UUID as tenant.
create table tenants (
  id uuid primary key default uuidv7(),
  slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text not null check (length(name) between 1 and 200),
  agent_visibility text not null default 'own_and_unassigned'
    check (agent_visibility in ('own', 'own_and_unassigned', 'all')),
  created_at timestamptz not null default now()
);

-- The counter of a tenant's event log. Locked last in every writing transaction and held to commit, so that
-- commit order is seq order. A new epoch means: the numbers start to mean something else, everybody resyncs.
create table tenant_logs (
  tenant_id uuid primary key references tenants (id) on delete cascade,
  epoch text not null default replace(gen_random_uuid()::text, '-', ''),
  head bigint not null default 0
);

create table users (
  id uuid primary key default uuidv7(),
  email text not null check (email = lower(email) and length(email) <= 254),
  display_name text not null,
  password_hash text,
  created_at timestamptz not null default now(),
  constraint users_email_key unique (email)
);

-- `version` grows with every change of role or membership; live sockets compare it.
create table tenant_members (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null default uuidv7(),
  user_id uuid not null references users (id) on delete cascade,
  display_name text not null,
  role text not null check (role in ('super_admin', 'tenant_admin', 'manager', 'agent')),
  version int not null default 1,
  removed_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint tenant_members_user_key unique (tenant_id, user_id)
);
create index tenant_members_by_user on tenant_members (user_id);

create table whatsapp_accounts (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null default uuidv7(),
  provider text not null check (provider in ('cloud', 'evolution', 'twilio')),
  external_id text not null check (length(external_id) between 1 and 200),
  name text not null,
  phone text,
  account_sid text,
  api_base_url text,
  -- Webhook secrets (comma-separated while one is being rotated) and the API token, AES-256-GCM.
  secret_ciphertext bytea,
  token_ciphertext bytea,
  -- SHA-256 prefixes of the webhook secrets: which proof of origin counts for this account. Empty: the global one.
  secret_fingerprints text[] not null default '{}',
  read_receipts text not null default 'on_read' check (read_receipts in ('on_read', 'on_reply', 'never')),
  state text not null default 'connected' check (state in ('connected', 'degraded', 'disconnected', 'reauth')),
  state_reason text,
  version int not null default 1,
  disabled_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint whatsapp_accounts_channel_key unique (tenant_id, provider, external_id)
);
create index whatsapp_accounts_by_channel on whatsapp_accounts (provider, external_id);

create table contacts (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  display_name text not null,
  -- When the customer last told us this name (provider's clock): a late webhook does not bring an old name back.
  named_at timestamptz,
  phone text,
  version int not null default 1,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
create index contacts_by_name on contacts using gin (tenant_id, lower(display_name) gin_trgm_ops);

-- A person is a set of addresses. `match_key` folds spellings of one number (Brazil's ninth digit …) together;
-- `value` stays as the provider gave it, because that is what must be answered to.
create table contact_addresses (
  tenant_id uuid not null,
  type text not null check (type in ('wa_id', 'jid', 'lid', 'bsuid', 'username', 'group')),
  match_key text not null,
  value text not null,
  contact_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, type, match_key),
  foreign key (tenant_id, contact_id) references contacts (tenant_id, id) on delete cascade
);
create index contact_addresses_by_contact on contact_addresses (tenant_id, contact_id);
create index contact_addresses_by_value on contact_addresses using gin (tenant_id, value gin_trgm_ops);

create table threads (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  account_id uuid not null,
  contact_id uuid not null,
  status text not null default 'open' check (status in ('open', 'pending', 'snoozed', 'resolved')),
  assignee_id uuid,
  tags text[] not null default '{}',
  unread_count int not null default 0 check (unread_count >= 0),
  last_message_id uuid,
  last_position text collate "C",
  last_activity_at timestamptz not null default now(),
  window_expires_at timestamptz,
  snoozed_until timestamptz,
  -- The address the customer last wrote from: answers go there.
  reply_type text not null,
  reply_value text not null,
  version int not null default 1,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint threads_contact_key unique (tenant_id, account_id, contact_id),
  foreign key (tenant_id, contact_id) references contacts (tenant_id, id) on delete cascade,
  foreign key (tenant_id, account_id) references whatsapp_accounts (tenant_id, id),
  foreign key (tenant_id, assignee_id) references tenant_members (tenant_id, id)
) with (fillfactor = 80);
create index threads_by_activity on threads (tenant_id, last_activity_at desc, id desc);
create index threads_open_by_assignee on threads (tenant_id, assignee_id, last_activity_at desc, id desc) where status <> 'resolved';
create index threads_unread on threads (tenant_id, assignee_id) where unread_count > 0 and status <> 'resolved';
create index threads_by_contact on threads (tenant_id, contact_id);
create index threads_by_tag on threads using gin (tenant_id, tags);
create index threads_snoozed on threads (snoozed_until) where status = 'snoozed';

create table messages (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  thread_id uuid not null,
  account_id uuid not null,
  direction text not null check (direction in ('inbound', 'outbound')),
  kind text not null,
  text text,
  media_id uuid,
  -- Kind-specific parts of the entity: location, contacts, interactive, template, order, referral, unsupported.
  content json,
  forwarded boolean not null default false,
  reply_provider_id text,
  reply_message_id uuid,
  -- Local side of a send: none (not ours to send), queued, sending, accepted, unknown, failed.
  send_state text not null default 'none'
    check (send_state in ('none', 'queued', 'sending', 'accepted', 'unknown', 'failed')),
  -- Derived by message_status(); stored so that lists need no computation.
  status text not null,
  at_sent timestamptz,
  at_delivered timestamptz,
  at_read timestamptz,
  at_played timestamptz,
  at_failed timestamptz,
  error json,
  author_type text not null check (author_type in ('contact', 'member', 'phone', 'system')),
  author_id uuid,
  provider_message_id text,
  command_id uuid,
  sent_at timestamptz not null,
  received_at timestamptz not null,
  position text collate "C" not null,
  edited_at timestamptz,
  revoked_at timestamptz,
  unread boolean not null default false,
  history boolean not null default false,
  attempts int not null default 0,
  attempt_id uuid,
  attempt_started_at timestamptz,
  next_attempt_at timestamptz,
  version int not null default 1,
  primary key (tenant_id, id),
  foreign key (tenant_id, thread_id) references threads (tenant_id, id) on delete cascade
) with (fillfactor = 85);
-- Duplicates die here, in the statement that makes the effect.
create unique index messages_provider_key on messages (tenant_id, account_id, direction, provider_message_id)
  where provider_message_id is not null;
create index messages_by_thread on messages (tenant_id, thread_id, position desc);
create index messages_unread on messages (tenant_id, thread_id, position) where unread;
create index messages_queued on messages (tenant_id, thread_id, position) where send_state = 'queued';
-- First in, first out per thread: at most one message of a thread is on its way to the provider.
create unique index messages_sending_key on messages (tenant_id, thread_id) where send_state = 'sending';
create index messages_due on messages (next_attempt_at) where send_state = 'queued';
create index messages_stuck on messages (attempt_started_at) where send_state = 'sending';
create index messages_awaiting_quote on messages (tenant_id, account_id, reply_provider_id)
  where reply_provider_id is not null and reply_message_id is null;
create index messages_search on messages using gin (tenant_id, to_tsvector('simple', coalesce(text, '')));

create table reactions (
  tenant_id uuid not null,
  message_id uuid not null,
  by_type text not null check (by_type in ('contact', 'member')),
  by_id uuid not null,
  -- Null: taken off. The row stays, so that a late older reaction does not come back.
  emoji text,
  at timestamptz not null,
  primary key (tenant_id, message_id, by_type, by_id),
  foreign key (tenant_id, message_id) references messages (tenant_id, id) on delete cascade
);

-- What arrived before its message: joined in the statement that stores the message, dropped after 30 days.
create table parked (
  tenant_id uuid not null,
  account_id uuid not null,
  target_id text not null,
  kind text not null check (kind in ('status', 'reaction', 'edit', 'revoke')),
  -- Same event twice is one row: status + participant, reactor, or edit id.
  dedupe text not null,
  item json not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, account_id, target_id, kind, dedupe)
);
create index parked_by_age on parked (created_at);

create table media (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  thread_id uuid not null,
  mime text not null,
  filename text,
  size_bytes bigint not null default 0,
  voice boolean not null default false,
  state text not null default 'pending' check (state in ('pending', 'ready', 'failed')),
  failure text,
  -- Where the bytes are to be had from: provider media id, url, checksum. Never sent to a client.
  source json,
  storage_key text,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id)
);

create table notes (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  thread_id uuid not null,
  author_id uuid not null,
  text text not null,
  mentions uuid[] not null default '{}',
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, thread_id) references threads (tenant_id, id) on delete cascade
);
create index notes_by_thread on notes (tenant_id, thread_id, created_at);

create table tags (
  tenant_id uuid not null,
  name text not null check (length(name) between 1 and 50),
  created_at timestamptz not null default now(),
  primary key (tenant_id, name)
);

-- The durable event log, one numbering per tenant. Kept 72 h, by partition.
create table tenant_events (
  tenant_id uuid not null,
  seq bigint not null,
  at timestamptz not null,
  type text not null,
  thread_id uuid,
  assignee_before uuid,
  assignee_after uuid,
  created boolean not null default false,
  received_at_ms bigint,
  data json not null,
  primary key (tenant_id, seq, at)
) partition by range (at);
create table tenant_events_default partition of tenant_events default;

-- Idempotency: the first result of a command, in the transaction that made it. Kept 72 h.
create table commands (
  tenant_id uuid not null,
  member_id uuid not null,
  command_id uuid not null,
  name text not null,
  result json not null,
  seq bigint,
  created_at timestamptz not null default now(),
  primary key (tenant_id, member_id, command_id)
);
create index commands_by_age on commands (created_at);

-- Nothing that was accepted vanishes: what could not be applied waits here with its raw bytes.
create table dead_letters (
  tenant_id uuid not null default '00000000-0000-0000-0000-000000000000',
  id uuid not null default uuidv7(),
  provider text not null,
  channel text,
  reason text not null,
  detail text,
  sqlstate text,
  auth text not null default 'global',
  body bytea not null,
  received_at timestamptz not null,
  correlation_id text not null,
  stream_id text,
  state text not null default 'open' check (state in ('open', 'retried', 'dropped')),
  closed_reason text,
  closed_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
-- One letter per entry and reason, however often the entry is delivered again.
create unique index dead_letters_entry_key on dead_letters (stream_id, reason, coalesce(channel, '')) where stream_id is not null;
create index dead_letters_open on dead_letters (provider, channel) where state = 'open';

-- Raw bytes of every accepted webhook, written in the transaction that applied it. Kept 7 days, by partition.
create table webhook_journal (
  tenant_id uuid not null,
  received_at timestamptz not null,
  stream_id text not null,
  provider text not null,
  auth text not null,
  correlation_id text not null,
  body bytea not null,
  primary key (tenant_id, received_at, stream_id)
) partition by range (received_at);
create table webhook_journal_default partition of webhook_journal default;

-- Webhooks accepted while Redis was away; housekeeping puts them on the stream and deletes them here.
create table webhook_spill (
  id bigint generated always as identity primary key,
  provider text not null,
  auth text not null,
  shard int not null,
  received_at_ms bigint not null,
  correlation_id text not null,
  body bytea not null
);

-- Bodies too large for a stream entry; the entry carries the key, the worker deletes the row.
create table webhook_bodies (
  key uuid primary key,
  body bytea not null,
  created_at timestamptz not null default now()
);

create table audit_log (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  actor_type text not null check (actor_type in ('member', 'operator', 'system')),
  actor_id uuid,
  action text not null,
  subject_type text not null,
  subject_id text,
  details json,
  correlation_id text,
  at timestamptz not null default now(),
  primary key (tenant_id, id)
);
