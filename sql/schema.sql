-- What the migrations add up to, read from the catalogs. Nothing runs this file: it is here to be read and compared.
-- Made by: node scripts/dump-schema.mjs. A test compares it with a freshly migrated database.
-- Bodies of functions are in functions/, definitions of views in views/.

create extension btree_gin;
create extension pg_trgm;

create type arrival as (tenant_id uuid, id uuid, thread_id uuid, assignee_id uuid, position text, received_at_ms bigint);
create type asked_send as (n integer, tenant_id uuid, member_id uuid, user_id uuid, command_id uuid, thread_id uuid);
create type change as (ord integer, tenant_id uuid, type text, id uuid, thread_id uuid, before uuid, created boolean, received_at_ms bigint);
create type ingest_address as (ord integer, type text, value text, key text, link boolean);
create type ingest_edit as (tenant_id uuid, account_id uuid, target_id text, direction text, contact_id uuid, person integer, revoked boolean, text text, at_ms bigint, received_ms bigint, sender integer, author_id uuid, chat_addresses ingest_address[], author_addresses ingest_address[]);
create type ingest_file as (tenant_id uuid, account_id uuid, target_id text, kind text, text text, media json);
create type ingest_message as (ord integer, id uuid, tenant_id uuid, account_id uuid, party integer, person integer, sender integer, direction text, origin text, provider_message_id text, kind text, text text, media json, content json, forwarded boolean, reply_provider_id text, sent_ms bigint, received_ms bigint, position text, history boolean, window_ms bigint, client_ref uuid, reply_type text, reply_value text, id_within_chat boolean);
create type ingest_party as (n integer, tenant_id uuid, account_id uuid, person integer);
create type ingest_person as (n integer, tenant_id uuid, name text, named_at_ms bigint, phone text, addresses ingest_address[], known_only boolean, new_phone text, consent text, consent_at_ms bigint);
create type ingest_reaction as (tenant_id uuid, account_id uuid, target_id text, by_type text, by_id uuid, person integer, emoji text, at_ms bigint, received_ms bigint, chat integer, chat_id uuid, by_addresses ingest_address[], chat_addresses ingest_address[]);
create type ingest_status as (tenant_id uuid, account_id uuid, provider_message_id text, client_ref uuid, status text, at_ms bigint, participant text, error json, received_ms bigint);
create type ingest_target as (tenant_id uuid, account_id uuid, target_id text);
create type ingest_vote as (tenant_id uuid, account_id uuid, target_id text, by_type text, by_id uuid, person integer, options text[], at_ms bigint, received_ms bigint, chat integer, chat_id uuid, by_addresses ingest_address[], chat_addresses ingest_address[]);
create type new_send as (n integer, tenant_id uuid, member_id uuid, command_id uuid, id uuid, thread_id uuid, account_id uuid, kind text, text text, content json, priority text, at timestamp with time zone, position text);
create type row_key as (tenant_id uuid, id uuid);
create type shown_author as (type text, id uuid, name text);
create type shown_event as (seq bigint, at text, type text, threadId uuid, assigneeBefore uuid, assigneeAfter uuid, created boolean, receivedAtMs bigint, data json);
create type shown_line as (id uuid, direction text, kind text, preview text, at text, status text);
create type shown_message as (id uuid, threadId uuid, accountId uuid, direction text, kind text, text text, media json, replyTo json, reactions json, status text, statusAt json, error json, author shown_author, providerMessageId text, commandId uuid, sentAt text, receivedAt text, position text, editedAt text, revokedAt text, version integer, forwarded boolean, backlog boolean);
create type shown_thread as (id uuid, tenantId uuid, accountId uuid, contact json, status text, assigneeId uuid, tags text[], unreadCount integer, lastMessage json, lastActivityAt text, windowExpiresAt text, snoozedUntil text, version integer, createdAt text);

create table account_upkeep (
  tenant_id uuid not null,
  account_id uuid not null,
  health json,
  checked_at timestamp with time zone,
  next_check_at timestamp with time zone not null default now(),
  connecting_since timestamp with time zone,
  held_until timestamp with time zone,
  heard_at timestamp with time zone,
  reconciled_at timestamp with time zone,
  next_reconcile_at timestamp with time zone not null default now(),
  templates_synced_at timestamp with time zone,
  next_sync_at timestamp with time zone not null default now(),
  reconcile_rest json,
  constraint account_upkeep_pkey PRIMARY KEY (tenant_id, account_id),
  constraint account_upkeep_tenant_id_account_id_fkey FOREIGN KEY (tenant_id, account_id) REFERENCES whatsapp_accounts(tenant_id, id) ON DELETE CASCADE
) with (fillfactor=70);
CREATE INDEX account_upkeep_checks ON account_upkeep USING btree (next_check_at);
CREATE INDEX account_upkeep_reconciles ON account_upkeep USING btree (next_reconcile_at);
CREATE INDEX account_upkeep_syncs ON account_upkeep USING btree (next_sync_at);
alter table account_upkeep enable row level security;
create policy own_tenant on account_upkeep for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table audit_log (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  actor_type text not null,
  actor_id uuid,
  action text not null,
  subject_type text not null,
  subject_id text,
  details json,
  correlation_id text,
  at timestamp with time zone not null default now(),
  constraint audit_log_pkey PRIMARY KEY (tenant_id, id),
  constraint audit_log_actor_type_check CHECK ((actor_type = ANY (ARRAY['member'::text, 'operator'::text, 'system'::text])))
);
CREATE INDEX audit_log_by_subject ON audit_log USING btree (tenant_id, subject_id, id);
alter table audit_log enable row level security;
create policy own_tenant on audit_log for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table commands (
  tenant_id uuid not null,
  member_id uuid not null,
  command_id uuid not null,
  name text not null,
  result json not null,
  seq bigint,
  created_at timestamp with time zone not null default now(),
  constraint commands_pkey PRIMARY KEY (tenant_id, member_id, command_id)
);
CREATE INDEX commands_by_age ON commands USING btree (created_at);
alter table commands enable row level security;
create policy own_tenant on commands for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));
create policy round_tenants on commands for all to hunfly_round using ((tenant_id = ANY (( SELECT session_tenants() AS session_tenants)::uuid[])) IS TRUE);

create table contact_addresses (
  tenant_id uuid not null,
  type text not null,
  match_key text not null,
  value text not null,
  contact_id uuid not null,
  created_at timestamp with time zone not null default now(),
  constraint contact_addresses_pkey PRIMARY KEY (tenant_id, type, match_key),
  constraint contact_addresses_tenant_id_contact_id_fkey FOREIGN KEY (tenant_id, contact_id) REFERENCES contacts(tenant_id, id) ON DELETE CASCADE,
  constraint contact_addresses_type_check CHECK ((type = ANY ('{wa_id,jid,lid,bsuid,username,group}'::text[])))
);
CREATE INDEX contact_addresses_by_contact ON contact_addresses USING btree (tenant_id, contact_id);
CREATE INDEX contact_addresses_by_value ON contact_addresses USING gin (value gin_trgm_ops, tenant_id);
alter table contact_addresses enable row level security;
create policy own_tenant on contact_addresses for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));
create policy round_tenants on contact_addresses for all to hunfly_round using ((tenant_id = ANY (( SELECT session_tenants() AS session_tenants)::uuid[])) IS TRUE);

create table contact_merges (
  tenant_id uuid not null,
  id uuid not null,
  from_contact_id uuid not null,
  into_contact_id uuid not null,
  merged_by uuid not null,
  merged_at timestamp with time zone not null default now(),
  before json not null,
  undone_at timestamp with time zone,
  constraint contact_merges_pkey PRIMARY KEY (tenant_id, id),
  constraint contact_merges_tenant_id_from_contact_id_fkey FOREIGN KEY (tenant_id, from_contact_id) REFERENCES contacts(tenant_id, id) ON DELETE CASCADE,
  constraint contact_merges_tenant_id_into_contact_id_fkey FOREIGN KEY (tenant_id, into_contact_id) REFERENCES contacts(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX contact_merges_standing ON contact_merges USING btree (tenant_id, into_contact_id) WHERE (undone_at IS NULL);
CREATE INDEX contact_merges_undone ON contact_merges USING btree (tenant_id) WHERE (undone_at IS NOT NULL);
alter table contact_merges enable row level security;
create policy own_tenant on contact_merges for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));
create policy round_tenants on contact_merges for all to hunfly_round using ((tenant_id = ANY (( SELECT session_tenants() AS session_tenants)::uuid[])) IS TRUE);

create table contacts (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  display_name text not null,
  named_at timestamp with time zone,
  phone text,
  version integer not null default 1,
  created_at timestamp with time zone not null default now(),
  marketing_consent text,
  marketing_consent_at timestamp with time zone,
  merged_into uuid,
  constraint contacts_pkey PRIMARY KEY (tenant_id, id),
  constraint contacts_marketing_consent_check CHECK ((marketing_consent = ANY ('{granted,withdrawn}'::text[])))
);
CREATE INDEX contacts_by_letters ON contacts USING gin (letters_of(lower(display_name)), tenant_id);
CREATE INDEX contacts_by_name ON contacts USING gin (lower(display_name) gin_trgm_ops, tenant_id);
alter table contacts enable row level security;
create policy own_tenant on contacts for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));
create policy round_tenants on contacts for all to hunfly_round using ((tenant_id = ANY (( SELECT session_tenants() AS session_tenants)::uuid[])) IS TRUE);

create table dead_letter_term (
  one boolean not null default true,
  keep_days integer not null,
  keep_from timestamp with time zone not null,
  constraint dead_letter_term_pkey PRIMARY KEY (one),
  constraint dead_letter_term_keep_days_check CHECK (((keep_days >= 30) AND (keep_days <= 36500))),
  constraint dead_letter_term_one_check CHECK (one)
);

create table dead_letters (
  tenant_id uuid not null default '00000000-0000-0000-0000-000000000000'::uuid,
  id uuid not null default uuidv7(),
  provider text not null,
  channel text,
  reason text not null,
  detail text,
  sqlstate text,
  auth text not null default 'global'::text,
  body bytea not null,
  received_at timestamp with time zone not null,
  correlation_id text not null,
  stream_id text,
  state text not null default 'open'::text,
  closed_reason text,
  closed_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  constraint dead_letters_pkey PRIMARY KEY (tenant_id, id),
  constraint dead_letters_state_check CHECK ((state = ANY (ARRAY['open'::text, 'retried'::text, 'dropped'::text])))
);
CREATE INDEX dead_letters_by_channel ON dead_letters USING btree (provider, channel, id) WHERE (tenant_id = '00000000-0000-0000-0000-000000000000'::uuid);
CREATE UNIQUE INDEX dead_letters_entry_key ON dead_letters USING btree (stream_id, reason, COALESCE(channel, ''::text)) WHERE (stream_id IS NOT NULL);
CREATE INDEX dead_letters_open ON dead_letters USING btree (provider, channel) WHERE (state = 'open'::text);
alter table dead_letters enable row level security;
create policy own_tenant on dead_letters for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table erased_files (
  tenant_id uuid not null,
  media_id uuid not null,
  contact_id uuid,
  due_at timestamp with time zone not null,
  constraint erased_files_pkey PRIMARY KEY (tenant_id, media_id),
  constraint erased_files_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint erased_files_due_at_check CHECK (isfinite(due_at))
);
CREATE INDEX erased_files_due ON erased_files USING btree (due_at);
alter table erased_files enable row level security;
create policy own_tenant on erased_files for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table erased_messages (
  tenant_id uuid not null,
  account_id uuid not null,
  key bytea not null,
  constraint erased_messages_pkey PRIMARY KEY (tenant_id, account_id, key),
  constraint erased_messages_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table erased_messages enable row level security;
create policy own_tenant on erased_messages for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table erasures (
  tenant_id uuid not null,
  contact_id uuid not null,
  requested_at timestamp with time zone not null default clock_timestamp(),
  finished_at timestamp with time zone,
  stage text not null default 'messages'::text,
  place text not null default ''::text,
  messages bigint not null default 0,
  contact_ids uuid[] not null,
  thread_ids uuid[] not null,
  other_thread_ids uuid[] not null default '{}'::uuid[],
  addresses text[] not null,
  needles text[] not null,
  by_term boolean not null default false,
  walked text not null default ''::text,
  constraint erasures_pkey PRIMARY KEY (tenant_id, contact_id),
  constraint erasures_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint erasures_stage_check CHECK ((stage = ANY (ARRAY['over'::text, 'messages'::text, 'elsewhere'::text, 'notes'::text, 'events'::text, 'commands'::text, 'letters'::text, 'arrivals'::text, 'journal'::text, 'files'::text])))
);
CREATE INDEX erasures_running ON erasures USING btree (tenant_id) WHERE (finished_at IS NULL);
alter table erasures enable row level security;
create policy own_tenant on erasures for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table gateway_watch (
  one boolean not null default true,
  at timestamp with time zone not null default now(),
  constraint gateway_watch_pkey PRIMARY KEY (one),
  constraint gateway_watch_one_check CHECK (one)
);

create table media (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  thread_id uuid,
  mime text not null,
  filename text,
  size_bytes bigint not null default 0,
  voice boolean not null default false,
  state text not null default 'pending'::text,
  failure text,
  source json,
  storage_key text,
  created_at timestamp with time zone not null default now(),
  account_id uuid,
  uploaded_by uuid,
  kind text,
  declared_mime text,
  sha256 text,
  thumbnail_key text,
  width integer,
  height integer,
  attempts integer not null default 0,
  attempt_id uuid,
  next_attempt_at timestamp with time zone not null default now(),
  still boolean,
  constraint media_pkey PRIMARY KEY (tenant_id, id),
  constraint media_owner CHECK (((thread_id IS NOT NULL) OR ((uploaded_by IS NOT NULL) AND (account_id IS NOT NULL)))),
  constraint media_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'ready'::text, 'failed'::text])))
);
CREATE INDEX media_due ON media USING btree (next_attempt_at) WHERE (state = 'pending'::text);
CREATE INDEX media_unsent ON media USING btree (created_at) WHERE (thread_id IS NULL);
alter table media enable row level security;
create policy own_tenant on media for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table merged_messages (
  tenant_id uuid not null,
  merge_id uuid not null,
  message_id uuid not null,
  thread_id uuid not null,
  constraint merged_messages_pkey PRIMARY KEY (tenant_id, merge_id, message_id),
  constraint merged_messages_tenant_id_merge_id_fkey FOREIGN KEY (tenant_id, merge_id) REFERENCES contact_merges(tenant_id, id) ON DELETE CASCADE,
  constraint merged_messages_tenant_id_message_id_fkey FOREIGN KEY (tenant_id, message_id) REFERENCES messages(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX merged_messages_by_message ON merged_messages USING btree (tenant_id, message_id);
alter table merged_messages enable row level security;
create policy own_tenant on merged_messages for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table merged_participations (
  tenant_id uuid not null,
  merge_id uuid not null,
  message_id uuid not null,
  part text not null,
  constraint merged_participations_pkey PRIMARY KEY (tenant_id, merge_id, message_id, part),
  constraint merged_participations_tenant_id_merge_id_fkey FOREIGN KEY (tenant_id, merge_id) REFERENCES contact_merges(tenant_id, id) ON DELETE CASCADE,
  constraint merged_participations_tenant_id_message_id_fkey FOREIGN KEY (tenant_id, message_id) REFERENCES messages(tenant_id, id) ON DELETE CASCADE,
  constraint merged_participations_part_check CHECK ((part = ANY (ARRAY['author'::text, 'reaction'::text, 'vote'::text])))
);
CREATE INDEX merged_participations_by_message ON merged_participations USING btree (tenant_id, message_id);
alter table merged_participations enable row level security;
create policy own_tenant on merged_participations for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table messages (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  thread_id uuid not null,
  account_id uuid not null,
  direction text not null,
  kind text not null,
  text text,
  media_id uuid,
  content json,
  forwarded boolean not null default false,
  reply_provider_id text,
  reply_message_id uuid,
  send_state text not null default 'none'::text,
  status text not null,
  at_sent timestamp with time zone,
  at_delivered timestamp with time zone,
  at_read timestamp with time zone,
  at_played timestamp with time zone,
  at_failed timestamp with time zone,
  error json,
  author_type text not null,
  author_id uuid,
  provider_message_id text,
  command_id uuid,
  sent_at timestamp with time zone not null,
  received_at timestamp with time zone not null,
  position text collate "C" not null,
  edited_at timestamp with time zone,
  revoked_at timestamp with time zone,
  unread boolean not null default false,
  history boolean not null default false,
  attempts integer not null default 0,
  attempt_id uuid,
  attempt_started_at timestamp with time zone,
  next_attempt_at timestamp with time zone,
  version integer not null default 1,
  author_name text,
  provider_scope text not null default ''::text,
  priority text not null default 'agent'::text,
  edit_dated boolean,
  constraint messages_pkey PRIMARY KEY (tenant_id, id),
  constraint messages_tenant_id_thread_id_fkey FOREIGN KEY (tenant_id, thread_id) REFERENCES threads(tenant_id, id) ON DELETE CASCADE,
  constraint messages_author_type_check CHECK ((author_type = ANY ('{contact,member,phone,system}'::text[]))),
  constraint messages_direction_check CHECK ((direction = ANY ('{inbound,outbound}'::text[]))),
  constraint messages_priority_check CHECK ((priority = ANY ('{agent,automatic}'::text[]))),
  constraint messages_send_state_check CHECK ((send_state = ANY ('{none,queued,sending,accepted,unknown,failed}'::text[])))
) with (fillfactor=85);
CREATE INDEX messages_awaiting_quote ON messages USING btree (tenant_id, account_id, reply_provider_id) WHERE ((reply_provider_id IS NOT NULL) AND (reply_message_id IS NULL));
CREATE INDEX messages_by_media ON messages USING btree (tenant_id, media_id) WHERE (media_id IS NOT NULL);
CREATE INDEX messages_by_participant ON messages USING btree (tenant_id, author_id) WHERE (author_name IS NOT NULL);
CREATE INDEX messages_by_thread ON messages USING btree (tenant_id, thread_id, "position" DESC);
CREATE INDEX messages_due ON messages USING btree (next_attempt_at) WHERE (send_state = 'queued'::text);
CREATE UNIQUE INDEX messages_provider_key ON messages USING btree (tenant_id, account_id, direction, provider_message_id, provider_scope) WHERE (provider_message_id IS NOT NULL);
CREATE INDEX messages_queued ON messages USING btree (tenant_id, thread_id, "position") WHERE (send_state = 'queued'::text);
CREATE INDEX messages_search ON messages USING gin (tenant_id, to_tsvector('simple'::regconfig, COALESCE(text, ''::text)));
CREATE UNIQUE INDEX messages_sending_key ON messages USING btree (tenant_id, thread_id) WHERE (send_state = 'sending'::text);
CREATE INDEX messages_stuck ON messages USING btree (attempt_started_at) WHERE (send_state = 'sending'::text);
CREATE INDEX messages_unread ON messages USING btree (tenant_id, thread_id, "position") WHERE unread;
alter table messages enable row level security;
create policy own_tenant on messages for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));
create policy round_tenants on messages for all to hunfly_round using ((tenant_id = ANY (( SELECT session_tenants() AS session_tenants)::uuid[])) IS TRUE);

create table notes (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  thread_id uuid not null,
  author_id uuid not null,
  text text not null,
  mentions uuid[] not null default '{}'::uuid[],
  created_at timestamp with time zone not null default now(),
  constraint notes_pkey PRIMARY KEY (tenant_id, id),
  constraint notes_tenant_id_thread_id_fkey FOREIGN KEY (tenant_id, thread_id) REFERENCES threads(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX notes_by_thread ON notes USING btree (tenant_id, thread_id, created_at);
alter table notes enable row level security;
create policy own_tenant on notes for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table parked (
  tenant_id uuid not null,
  account_id uuid not null,
  target_id text not null,
  kind text not null,
  dedupe text not null,
  item json not null,
  created_at timestamp with time zone not null default now(),
  constraint parked_pkey PRIMARY KEY (tenant_id, account_id, target_id, kind, dedupe),
  constraint parked_kind_check CHECK ((kind = ANY (ARRAY['status'::text, 'reaction'::text, 'edit'::text, 'revoke'::text, 'vote'::text, 'file'::text])))
);
CREATE INDEX parked_by_age ON parked USING btree (created_at);
alter table parked enable row level security;
create policy own_tenant on parked for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table platform_canary (
  pool text not null,
  beat text not null,
  constraint platform_canary_pkey PRIMARY KEY (pool)
);

create table poll_votes (
  tenant_id uuid not null,
  message_id uuid not null,
  by_type text not null,
  by_id uuid not null,
  options text[] not null,
  at timestamp with time zone not null,
  constraint poll_votes_pkey PRIMARY KEY (tenant_id, message_id, by_type, by_id),
  constraint poll_votes_tenant_id_message_id_fkey FOREIGN KEY (tenant_id, message_id) REFERENCES messages(tenant_id, id) ON DELETE CASCADE,
  constraint poll_votes_by_type_check CHECK ((by_type = ANY (ARRAY['contact'::text, 'member'::text])))
);
CREATE INDEX poll_votes_by_contact ON poll_votes USING btree (tenant_id, by_id) WHERE (by_type = 'contact'::text);
alter table poll_votes enable row level security;
create policy own_tenant on poll_votes for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table reaction_sends (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  thread_id uuid not null,
  account_id uuid not null,
  message_id uuid not null,
  member_id uuid not null,
  emoji text not null,
  send_state text not null default 'queued'::text,
  error json,
  attempts integer not null default 0,
  attempt_id uuid,
  attempt_started_at timestamp with time zone,
  next_attempt_at timestamp with time zone,
  command_id uuid,
  created_at timestamp with time zone not null default now(),
  constraint reaction_sends_pkey PRIMARY KEY (tenant_id, id),
  constraint reaction_sends_tenant_id_message_id_fkey FOREIGN KEY (tenant_id, message_id) REFERENCES messages(tenant_id, id) ON DELETE CASCADE,
  constraint reaction_sends_tenant_id_thread_id_fkey FOREIGN KEY (tenant_id, thread_id) REFERENCES threads(tenant_id, id) ON DELETE CASCADE,
  constraint reaction_sends_emoji_check CHECK ((length(emoji) <= 32)),
  constraint reaction_sends_send_state_check CHECK ((send_state = ANY (ARRAY['queued'::text, 'sending'::text, 'accepted'::text, 'unknown'::text, 'failed'::text])))
);
CREATE INDEX reaction_sends_by_message ON reaction_sends USING btree (tenant_id, message_id);
CREATE INDEX reaction_sends_due ON reaction_sends USING btree (next_attempt_at) WHERE (send_state = 'queued'::text);
CREATE INDEX reaction_sends_queued ON reaction_sends USING btree (tenant_id, thread_id, id) WHERE (send_state = 'queued'::text);
CREATE UNIQUE INDEX reaction_sends_sending_key ON reaction_sends USING btree (tenant_id, thread_id) WHERE (send_state = 'sending'::text);
CREATE INDEX reaction_sends_stuck ON reaction_sends USING btree (attempt_started_at) WHERE (send_state = 'sending'::text);
alter table reaction_sends enable row level security;
create policy own_tenant on reaction_sends for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table reactions (
  tenant_id uuid not null,
  message_id uuid not null,
  by_type text not null,
  by_id uuid not null,
  emoji text,
  at timestamp with time zone not null,
  constraint reactions_pkey PRIMARY KEY (tenant_id, message_id, by_type, by_id),
  constraint reactions_tenant_id_message_id_fkey FOREIGN KEY (tenant_id, message_id) REFERENCES messages(tenant_id, id) ON DELETE CASCADE,
  constraint reactions_by_type_check CHECK ((by_type = ANY (ARRAY['contact'::text, 'member'::text])))
);
CREATE INDEX reactions_by_contact ON reactions USING btree (tenant_id, by_id) WHERE (by_type = 'contact'::text);
alter table reactions enable row level security;
create policy own_tenant on reactions for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table receipts (
  tenant_id uuid not null,
  thread_id uuid not null,
  account_id uuid not null,
  provider_message_id text not null,
  attempts integer not null default 0,
  next_attempt_at timestamp with time zone not null,
  created_at timestamp with time zone not null default now(),
  constraint receipts_pkey PRIMARY KEY (tenant_id, thread_id),
  constraint receipts_tenant_id_thread_id_fkey FOREIGN KEY (tenant_id, thread_id) REFERENCES threads(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX receipts_due ON receipts USING btree (next_attempt_at);

create table report_cursors (
  tenant_id uuid not null,
  epoch text not null default ''::text,
  seq bigint not null default 0,
  counted_at timestamp with time zone,
  attempts integer not null default 0,
  next_attempt_at timestamp with time zone not null default '-infinity'::timestamp with time zone,
  constraint report_cursors_pkey PRIMARY KEY (tenant_id),
  constraint report_cursors_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table report_cursors enable row level security;
create policy own_tenant on report_cursors for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table report_facts (
  tenant_id uuid not null,
  thread_id uuid not null,
  id uuid not null,
  at timestamp with time zone not null,
  kind text not null,
  member_id uuid,
  wait_ms bigint,
  audited boolean not null,
  constraint report_facts_pkey PRIMARY KEY (tenant_id, thread_id, id),
  constraint report_facts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint report_facts_check CHECK (((wait_ms IS NOT NULL) = (kind = 'answered'::text))),
  constraint report_facts_kind_check CHECK ((kind = ANY (ARRAY['begun'::text, 'resolved'::text, 'answered'::text])))
);
CREATE INDEX report_facts_by_time ON report_facts USING btree (tenant_id, at) INCLUDE (kind, member_id, wait_ms);
alter table report_facts enable row level security;
create policy own_tenant on report_facts for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table report_slots (
  tenant_id uuid not null,
  slot timestamp with time zone not null,
  member_id uuid,
  received integer not null default 0,
  sent integer not null default 0,
  constraint report_slots_key UNIQUE NULLS NOT DISTINCT (tenant_id, slot, member_id),
  constraint report_slots_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table report_slots enable row level security;
create policy own_tenant on report_slots for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table report_threads (
  tenant_id uuid not null,
  thread_id uuid not null,
  last_at timestamp with time zone not null,
  last_id uuid not null,
  resolved boolean not null,
  waiting_since timestamp with time zone,
  constraint report_threads_pkey PRIMARY KEY (tenant_id, thread_id),
  constraint report_threads_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table report_threads enable row level security;
create policy own_tenant on report_threads for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table saved_replies (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  shortcut text not null,
  text text not null,
  updated_by uuid not null,
  updated_at timestamp with time zone not null default now(),
  version integer not null default 1,
  constraint saved_replies_pkey PRIMARY KEY (tenant_id, id),
  constraint saved_replies_shortcut_key UNIQUE (tenant_id, shortcut),
  constraint saved_replies_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table saved_replies enable row level security;
create policy own_tenant on saved_replies for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table saved_reply_files (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  saved_reply_id uuid,
  place integer not null default 0,
  unused_at timestamp with time zone not null default now(),
  uploaded_by uuid not null,
  mime text not null,
  filename text not null,
  storage_key text,
  size_bytes bigint not null default 0,
  sha256 text,
  still boolean,
  thumbnail_key text,
  width integer,
  height integer,
  constraint saved_reply_files_pkey PRIMARY KEY (tenant_id, id),
  constraint saved_reply_files_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  constraint saved_reply_files_tenant_id_saved_reply_id_fkey FOREIGN KEY (tenant_id, saved_reply_id) REFERENCES saved_replies(tenant_id, id) ON DELETE SET NULL (saved_reply_id)
);
CREATE INDEX saved_reply_files_by_reply ON saved_reply_files USING btree (tenant_id, saved_reply_id) WHERE (saved_reply_id IS NOT NULL);
CREATE INDEX saved_reply_files_unused ON saved_reply_files USING btree (unused_at) WHERE (saved_reply_id IS NULL);
alter table saved_reply_files enable row level security;
create policy own_tenant on saved_reply_files for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table schema_migrations (
  version integer not null,
  name text not null,
  checksum text not null,
  applied_at timestamp with time zone not null default now(),
  constraint schema_migrations_pkey PRIMARY KEY (version)
);

create table tags (
  tenant_id uuid not null,
  name text not null,
  created_at timestamp with time zone not null default now(),
  constraint tags_pkey PRIMARY KEY (tenant_id, name),
  constraint tags_name_check CHECK (((length(name) >= 1) AND (length(name) <= 50)))
);
alter table tags enable row level security;
create policy own_tenant on tags for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table templates (
  tenant_id uuid not null,
  account_id uuid not null,
  name text not null,
  language text not null,
  provider_id text,
  title text not null,
  category text,
  status text not null,
  reason text,
  quality text,
  content json not null,
  synced_at timestamp with time zone not null,
  constraint templates_pkey PRIMARY KEY (tenant_id, account_id, name, language),
  constraint templates_tenant_id_account_id_fkey FOREIGN KEY (tenant_id, account_id) REFERENCES whatsapp_accounts(tenant_id, id) ON DELETE CASCADE,
  constraint templates_status_check CHECK ((status = ANY (ARRAY['approved'::text, 'pending'::text, 'rejected'::text, 'paused'::text, 'disabled'::text, 'unknown'::text])))
);
alter table templates enable row level security;
create policy own_tenant on templates for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));

create table tenant_erasures (
  tenant_id uuid not null,
  slug text,
  requested_at timestamp with time zone not null default now(),
  finished_at timestamp with time zone,
  stage text not null default 'settle'::text,
  place text not null default ''::text,
  rows_gone bigint not null default 0,
  begun_by xid8 not null default pg_current_xact_id(),
  constraint tenant_erasures_pkey PRIMARY KEY (tenant_id)
);
CREATE INDEX tenant_erasures_running ON tenant_erasures USING btree (requested_at) WHERE (finished_at IS NULL);

create table tenant_events (
  tenant_id uuid not null,
  seq bigint not null,
  at timestamp with time zone not null,
  type text not null,
  thread_id uuid,
  assignee_before uuid,
  assignee_after uuid,
  created boolean not null default false,
  received_at_ms bigint,
  data json not null,
  constraint tenant_events_pkey PRIMARY KEY (tenant_id, seq, at)
) partition by range (at);
alter table tenant_events enable row level security;
create policy own_tenant on tenant_events for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));
create policy round_tenants on tenant_events for all to hunfly_round using ((tenant_id = ANY (( SELECT session_tenants() AS session_tenants)::uuid[])) IS TRUE);

create table tenant_events_default partition of tenant_events default;

create table tenant_logs (
  tenant_id uuid not null,
  epoch text not null default replace((gen_random_uuid())::text, '-'::text, ''::text),
  head bigint not null default 0,
  constraint tenant_logs_pkey PRIMARY KEY (tenant_id),
  constraint tenant_logs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table tenant_logs enable row level security;
create policy own_tenant on tenant_logs for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));
create policy round_tenants on tenant_logs for all to hunfly_round using ((tenant_id = ANY (( SELECT session_tenants() AS session_tenants)::uuid[])) IS TRUE);

create table tenant_members (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  user_id uuid not null,
  display_name text not null,
  role text not null,
  version integer not null default 1,
  removed_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  constraint tenant_members_pkey PRIMARY KEY (tenant_id, id),
  constraint tenant_members_user_key UNIQUE (tenant_id, user_id),
  constraint tenant_members_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint tenant_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint tenant_members_role_check CHECK ((role = ANY (ARRAY['super_admin'::text, 'tenant_admin'::text, 'manager'::text, 'agent'::text])))
);
CREATE INDEX tenant_members_by_user ON tenant_members USING btree (user_id);
alter table tenant_members enable row level security;
create policy own_tenant on tenant_members for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));
create policy round_tenants on tenant_members for all to hunfly_round using ((tenant_id = ANY (( SELECT session_tenants() AS session_tenants)::uuid[])) IS TRUE);

create table tenants (
  id uuid not null default uuidv7(),
  slug text not null,
  name text not null,
  agent_visibility text not null default 'own_and_unassigned'::text,
  created_at timestamp with time zone not null default now(),
  keep_days integer,
  keep_from timestamp with time zone,
  constraint tenants_pkey PRIMARY KEY (id),
  constraint tenants_slug_key UNIQUE (slug),
  constraint tenants_agent_visibility_check CHECK ((agent_visibility = ANY (ARRAY['own'::text, 'own_and_unassigned'::text, 'all'::text]))),
  constraint tenants_keep_check CHECK (((keep_days IS NULL) = (keep_from IS NULL))),
  constraint tenants_keep_days_check CHECK (((keep_days >= 30) AND (keep_days <= 36500))),
  constraint tenants_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint tenants_slug_check CHECK ((slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text))
);
CREATE INDEX tenants_keeping ON tenants USING btree (id) WHERE (keep_days IS NOT NULL);
alter table tenants enable row level security;
create policy own_tenant on tenants for all to hunfly_app using (id = ( SELECT session_tenant() AS session_tenant));
create policy round_tenants on tenants for all to hunfly_round using ((id = ANY (( SELECT session_tenants() AS session_tenants)::uuid[])) IS TRUE);

create table threads (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  account_id uuid not null,
  contact_id uuid not null,
  status text not null default 'open'::text,
  assignee_id uuid,
  tags text[] not null default '{}'::text[],
  unread_count integer not null default 0,
  last_message_id uuid,
  last_position text collate "C",
  last_activity_at timestamp with time zone not null default now(),
  window_expires_at timestamp with time zone,
  snoozed_until timestamp with time zone,
  reply_type text not null,
  reply_value text not null,
  version integer not null default 1,
  created_at timestamp with time zone not null default now(),
  erased_at timestamp with time zone,
  woken_at timestamp with time zone,
  activity_slot timestamp with time zone not null default date_bin('00:00:10'::interval, last_activity_at, '2000-01-01 00:00:00+00'::timestamp with time zone),
  has_unread boolean not null default (unread_count > 0),
  constraint threads_pkey PRIMARY KEY (tenant_id, id),
  constraint threads_contact_key UNIQUE (tenant_id, contact_id, account_id),
  constraint threads_tenant_id_account_id_fkey FOREIGN KEY (tenant_id, account_id) REFERENCES whatsapp_accounts(tenant_id, id),
  constraint threads_tenant_id_assignee_id_fkey FOREIGN KEY (tenant_id, assignee_id) REFERENCES tenant_members(tenant_id, id),
  constraint threads_tenant_id_contact_id_fkey FOREIGN KEY (tenant_id, contact_id) REFERENCES contacts(tenant_id, id) ON DELETE CASCADE,
  constraint threads_status_check CHECK ((status = ANY ('{open,pending,snoozed,resolved}'::text[]))),
  constraint threads_unread_count_check CHECK ((unread_count >= 0))
) with (fillfactor=80);
CREATE INDEX threads_by_activity ON threads USING btree (tenant_id, activity_slot DESC);
CREATE INDEX threads_by_assignee ON threads USING btree (tenant_id, assignee_id, activity_slot DESC);
CREATE INDEX threads_by_tag ON threads USING gin (tenant_id, tags) WHERE (tags <> '{}'::text[]);
CREATE INDEX threads_open_by_activity ON threads USING btree (tenant_id, activity_slot DESC) WHERE (status <> 'resolved'::text);
CREATE INDEX threads_open_by_assignee ON threads USING btree (tenant_id, assignee_id, activity_slot DESC, erased_at) WHERE (status <> 'resolved'::text);
CREATE INDEX threads_snoozed ON threads USING btree (snoozed_until) WHERE (status = 'snoozed'::text);
CREATE INDEX threads_unread ON threads USING btree (tenant_id, assignee_id, erased_at) WHERE (has_unread AND (status <> 'resolved'::text));
alter table threads enable row level security;
create policy own_tenant on threads for all to hunfly_app using ((tenant_id = ( SELECT session_tenant() AS session_tenant)) AND (erased_at IS NULL)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));
create policy round_tenants on threads for all to hunfly_round using (((tenant_id = ANY (( SELECT session_tenants() AS session_tenants)::uuid[])) IS TRUE) AND (erased_at IS NULL));

create table users (
  id uuid not null default uuidv7(),
  email text not null,
  display_name text not null,
  password_hash text,
  created_at timestamp with time zone not null default now(),
  session_generation integer not null default 0,
  kept_session uuid,
  constraint users_pkey PRIMARY KEY (id),
  constraint users_email_key UNIQUE (email),
  constraint users_email_check CHECK (((email = lower(email)) AND (length(email) <= 254)))
);

create table webhook_bodies (
  key uuid not null,
  body bytea not null,
  created_at timestamp with time zone not null default now(),
  constraint webhook_bodies_pkey PRIMARY KEY (key)
);

create table webhook_journal (
  tenant_id uuid not null,
  received_at timestamp with time zone not null,
  stream_id text not null,
  provider text not null,
  auth text not null,
  correlation_id text not null,
  body bytea not null,
  constraint webhook_journal_pkey PRIMARY KEY (tenant_id, received_at, stream_id)
) partition by range (received_at);

create table webhook_journal_default partition of webhook_journal default;

create table webhook_spill (
  id bigint generated always as identity not null,
  provider text not null,
  auth text not null,
  shard integer not null,
  received_at_ms bigint not null,
  correlation_id text not null,
  body bytea not null,
  constraint webhook_spill_pkey PRIMARY KEY (id)
);

create table whatsapp_accounts (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  provider text not null,
  external_id text not null,
  name text not null,
  phone text,
  account_sid text,
  api_base_url text,
  secret_ciphertext bytea,
  token_ciphertext bytea,
  secret_fingerprints text[] not null default '{}'::text[],
  read_receipts text not null default 'on_read'::text,
  state text not null default 'connected'::text,
  state_reason text,
  version integer not null default 1,
  disabled_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  business_id text,
  coexistence boolean not null default false,
  enabled_at timestamp with time zone not null default now(),
  has_token boolean not null default (token_ciphertext IS NOT NULL),
  credential_at timestamp with time zone not null default now(),
  constraint whatsapp_accounts_pkey PRIMARY KEY (tenant_id, id),
  constraint whatsapp_accounts_channel_key UNIQUE (tenant_id, provider, external_id),
  constraint whatsapp_accounts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint whatsapp_accounts_external_id_check CHECK (((length(external_id) >= 1) AND (length(external_id) <= 200))),
  constraint whatsapp_accounts_provider_check CHECK ((provider = ANY (ARRAY['cloud'::text, 'evolution'::text, 'twilio'::text]))),
  constraint whatsapp_accounts_read_receipts_check CHECK ((read_receipts = ANY (ARRAY['on_read'::text, 'on_reply'::text, 'never'::text]))),
  constraint whatsapp_accounts_state_check CHECK ((state = ANY (ARRAY['connected'::text, 'degraded'::text, 'disconnected'::text, 'reauth'::text])))
);
CREATE INDEX whatsapp_accounts_by_business ON whatsapp_accounts USING btree (business_id) WHERE (business_id IS NOT NULL);
CREATE INDEX whatsapp_accounts_by_channel ON whatsapp_accounts USING btree (provider, external_id);
alter table whatsapp_accounts enable row level security;
create policy own_tenant on whatsapp_accounts for all to hunfly_app using (tenant_id = ( SELECT session_tenant() AS session_tenant)) with check (tenant_id = ( SELECT session_tenant() AS session_tenant));
create policy round_tenants on whatsapp_accounts for all to hunfly_round using ((tenant_id = ANY (( SELECT session_tenants() AS session_tenants)::uuid[])) IS TRUE);

-- view account_entities (tenant_id uuid, id uuid, entity json) with (security_invoker=true)
-- view contact_entities (tenant_id uuid, id uuid, entity json) with (security_invoker=true)
-- view media_entities (tenant_id uuid, id uuid, entity json) with (security_invoker=true)
-- view member_entities (tenant_id uuid, id uuid, entity json) with (security_invoker=true)
-- view message_entities (tenant_id uuid, id uuid, entity json) with (security_invoker=true)
-- view note_entities (tenant_id uuid, id uuid, entity json) with (security_invoker=true)
-- view saved_reply_entities (tenant_id uuid, id uuid, entity json) with (security_invoker=true)
-- view saved_reply_file_entities (tenant_id uuid, id uuid, saved_reply_id uuid, place integer, entity json) with (security_invoker=true)
-- view thread_entities (tenant_id uuid, id uuid, entity json) with (security_invoker=true)

-- function account_json(a whatsapp_accounts) returns json; sql, stable
-- function add_account_secret(tenant uuid, account uuid, sealed bytea, fingerprint text) returns boolean; plpgsql, volatile, security definer, set search_path=pg_catalog, public, pg_temp
-- function add_contact(p ingest_person) returns uuid; plpgsql, volatile
-- function apply_edits(items ingest_edit[]) returns row_key[]; sql, volatile
-- function apply_files(items ingest_file[]) returns row_key[]; sql, volatile
-- function apply_reactions(items ingest_reaction[]) returns row_key[]; sql, volatile
-- function apply_statuses(items ingest_status[]) returns row_key[]; plpgsql, volatile
-- function apply_votes(items ingest_vote[]) returns row_key[]; sql, volatile
-- function begin_erasure(tenant uuid, contact uuid) returns TABLE(thread_id uuid, assignee_id uuid); plpgsql, volatile, security definer, set search_path=pg_catalog, public, pg_temp
-- function begin_thread(i ingest_message, contact uuid) returns threads; plpgsql, volatile
-- function brought_by(tenant uuid, contact uuid, addresses ingest_address[]) returns SETOF uuid; sql, volatile
-- function contact_audit(tenant uuid, contact uuid, behind uuid, most integer) returns SETOF audit_log; sql, stable, security definer, set search_path=pg_catalog, public, pg_temp
-- function contact_now(tenant uuid, addresses ingest_address[], contact uuid) returns uuid; sql, stable
-- function drop_first_account_secret(tenant uuid, account uuid) returns boolean; plpgsql, volatile, security definer, set search_path=pg_catalog, public, pg_temp
-- function empty_messages(tenant uuid, contact uuid, ids uuid[]) returns void; plpgsql, volatile
-- function end_messages(e erasures, behind_thread uuid, behind text, most integer, OUT reached_thread uuid, OUT reached text, OUT amount integer) returns record; plpgsql, volatile
-- function end_threads(e erasures, candidates uuid[], since timestamp with time zone) returns TABLE(thread_id uuid, assignee_id uuid, gone boolean); plpgsql, volatile, set enable_seqscan=off, enable_hashjoin=off, enable_mergejoin=off, jit=off
-- function ending_letters(ahead interval, of_term uuid, just_open boolean, most integer) returns TABLE(term_of uuid, tenant_id uuid, id uuid); sql, volatile, set enable_seqscan=off, enable_hashjoin=off, enable_mergejoin=off, jit=off
-- function erase_elsewhere(e erasures, most integer) returns TABLE(thread_id uuid, assignee_id uuid); plpgsql, volatile
-- function erase_events(e erasures, after_seq bigint, to_seq bigint) returns void; plpgsql, volatile
-- function erase_messages(e erasures, thread uuid, behind text, most integer, OUT reached text, OUT amount integer) returns record; plpgsql, volatile
-- function erase_rows(tenant uuid, rows_of text, most integer) returns integer; plpgsql, volatile, set enable_seqscan=off, enable_bitmapscan=off, jit=off
-- function erased_key(id text) returns bytea; sql, immutable
-- function failure_key(error json) returns text; sql, immutable
-- function find_contacts(persons ingest_person[]) returns uuid[]; plpgsql, stable
-- function find_or_add_user(new_id uuid, address text, name text, hash text) returns uuid; plpgsql, volatile, security definer, set search_path=pg_catalog, public, pg_temp
-- function find_threads(parties ingest_party[], contacts_of uuid[]) returns uuid[]; plpgsql, stable
-- function fold_thread(merge contact_merges, source threads, target threads) returns void; plpgsql, volatile
-- function forget_contacts(tenant uuid, ids uuid[]) returns void; plpgsql, volatile
-- function forget_unheard(made uuid[], parties ingest_party[], threads_of uuid[], heard integer[], contacts_of uuid[]) returns uuid[]; plpgsql, volatile
-- function give_participations(merge contact_merges, from_contact uuid, to_contact uuid) returns void; plpgsql, volatile
-- function go_on_with_thread(i ingest_message, thread uuid) returns threads; plpgsql, volatile
-- function hand_over_authors(tenant uuid, thread uuid, from_contact uuid, to_contact uuid) returns void; sql, volatile
-- function hand_over_messages(tenant uuid, ids uuid[], to_thread uuid, from_contact uuid, to_contact uuid) returns void; plpgsql, volatile
-- function has_merged_name(tenant uuid, contact uuid, q text) returns boolean; sql, stable, set enable_hashjoin=off, enable_mergejoin=off, enable_seqscan=off
-- function has_threads(tenant uuid, contact uuid, but_for uuid[]) returns boolean; plpgsql, stable, set enable_seqscan=off, enable_hashjoin=off, enable_mergejoin=off, jit=off
-- function hide_threads(tenant uuid, ids uuid[]) returns TABLE(thread_id uuid, assignee_id uuid); plpgsql, volatile
-- function hold_contacts(persons ingest_person[], contacts_of uuid[]) returns boolean; plpgsql, volatile
-- function holds_any(body bytea, needles text[]) returns boolean; sql, immutable
-- function ingest_arrival(p ingest_person, i ingest_message, stream text, carrier text, proof text, correlation text, body bytea) returns TABLE(tenant_id uuid, epoch text, seq bigint, type text, received_at_ms bigint, event json); plpgsql, volatile
-- function ingest_batch(p json, p_bytes bytea) returns TABLE(tenant_id uuid, epoch text, seq bigint, type text, received_at_ms bigint, event json); plpgsql, volatile
-- function insert_messages(items ingest_message[], threads_of uuid[], contacts_of uuid[], files boolean, OUT stored row_key[], OUT promoted row_key[]) returns record; plpgsql, volatile
-- function is_erased(persons ingest_person[], items ingest_message[], targets ingest_target[], statuses ingest_status[], received_ms bigint) returns boolean; plpgsql, stable
-- function is_or_was(tenant uuid, said uuid, contact uuid, came timestamp with time zone) returns boolean; sql, stable
-- function is_over(t threads, since timestamp with time zone) returns boolean; plpgsql, stable, set enable_seqscan=off, jit=off
-- function is_repeated(i ingest_message, contact uuid) returns boolean; sql, stable
-- function iso(t timestamp with time zone) returns text; sql, stable
-- function known_contact(p ingest_person, OUT contact uuid, OUT plain boolean) returns record; plpgsql, stable
-- function letter_ends_at(owner uuid, from_provider text, from_channel text, since timestamp with time zone) returns timestamp with time zone; sql, stable
-- function letters_of(name text) returns text[]; sql, immutable
-- function like_escape(q text) returns text; sql, immutable
-- function link_quotes(new_keys row_key[], quoting boolean DEFAULT true) returns row_key[]; plpgsql, volatile
-- function lock_erased(tenant uuid, ids uuid[]) returns void; plpgsql, volatile
-- function lock_login(member uuid) returns TABLE(user_id uuid, generation integer, elsewhere boolean); plpgsql, volatile, security definer, set search_path=pg_catalog, public, pg_temp
-- function lock_threads(parties ingest_party[], threads_of uuid[], contacts_of uuid[], targets ingest_target[], statuses ingest_status[], renamed row_key[], old boolean DEFAULT true) returns boolean; plpgsql, volatile
-- function log_changes(changes change[]) returns TABLE(tenant_id uuid, epoch text, seq bigint, type text, received_at_ms bigint, event json); plpgsql, volatile, security definer, set search_path=pg_catalog, public, pg_temp, enable_hashjoin=off, enable_mergejoin=off, enable_seqscan=off, jit=off, plan_cache_mode=force_generic_plan
-- function log_event_json(e tenant_events) returns json; sql, stable
-- function longest_word(q text) returns text; sql, immutable
-- function member_json(m tenant_members) returns json; sql, stable
-- function merge_contacts(tenant uuid, merge uuid, source_contact uuid, target_contact uuid, member uuid) returns void; plpgsql, volatile
-- function merge_participations(tenant uuid, merge uuid) returns void; plpgsql, volatile
-- function message_entity(m messages, media json, reactions json) returns json; sql, stable
-- function message_json(m messages) returns json; sql, stable
-- function message_line(id uuid, direction text, kind text, words text, sent_at timestamp with time zone, status text) returns json; sql, stable
-- function message_lock_key(account uuid, provider_message_id text) returns bigint; sql, immutable
-- function message_status(direction text, send_state text, at_sent timestamp with time zone, at_delivered timestamp with time zone, at_read timestamp with time zone, at_played timestamp with time zone, at_failed timestamp with time zone) returns text; sql, immutable
-- function ms(value bigint) returns timestamp with time zone; sql, immutable
-- function name_newcomers(persons ingest_person[], known uuid[], linked boolean) returns uuid[]; plpgsql, volatile
-- function newest_hits(q text, threads uuid[], cap integer) returns SETOF uuid; sql, stable, security definer, set search_path=pg_catalog, public, pg_temp, enable_seqscan=off, enable_indexscan=off, max_parallel_workers_per_gather=0, jit=off
-- function note_json(n notes) returns json; sql, stable
-- function open_sends(asked asked_send[]) returns TABLE(n integer, role text, agent_visibility text, id uuid, account_id uuid, assignee_id uuid, last_message_id uuid, last_position text, window_expires_at timestamp with time zone, provider text, state text, read_receipts text, disabled_at timestamp with time zone); plpgsql, volatile, set enable_hashjoin=off, enable_mergejoin=off, enable_seqscan=off, jit=off, plan_cache_mode=force_generic_plan
-- function open_threads(items ingest_message[], contacts_of uuid[]) returns row_key[]; plpgsql, volatile
-- function phone_told(c contacts, phone text, new_phone text) returns text; sql, stable
-- function poll_content(tenant uuid, message uuid, content json) returns json; sql, stable
-- function prefix_query(q text) returns tsquery; sql, immutable
-- function publish_changes(created row_key[], arrived arrival[], changed row_key[], renamed row_key[], reopened row_key[], received bigint, rolled row_key[] DEFAULT '{}'::row_key[]) returns change[]; plpgsql, volatile
-- function recount_thread(tenant uuid, thread uuid) returns void; sql, volatile
-- function renew_plans() returns void; plpgsql, volatile
-- function reset_password(person uuid, hash text) returns boolean; plpgsql, volatile, security definer, set search_path=pg_catalog, public, pg_temp
-- function resolve_contacts(persons ingest_person[], OUT contacts_of uuid[], OUT gained row_key[], OUT made uuid[], OUT told boolean) returns record; plpgsql, volatile
-- function roll_up_threads(items ingest_message[], created row_key[], promoted row_key[], OUT arrived arrival[], OUT touched row_key[], OUT reopened row_key[]) returns record; plpgsql, volatile
-- function search_contacts(q text, cap integer) returns SETOF uuid; sql, stable, set enable_hashjoin=off, enable_mergejoin=off, enable_seqscan=off, enable_indexscan=off, max_parallel_workers_per_gather=0
-- function search_texts(q text, cap integer) returns SETOF uuid; sql, stable, set enable_seqscan=off, enable_indexscan=off, max_parallel_workers_per_gather=0
-- function search_threads(q text, cap integer) returns SETOF uuid; sql, stable, security definer, set search_path=pg_catalog, public, pg_temp, enable_hashjoin=off, enable_mergejoin=off, enable_seqscan=off, jit=off
-- function searched_digits(q text) returns text; sql, immutable
-- function session_tenant() returns uuid; sql, stable
-- function session_tenants() returns uuid[]; sql, stable
-- function settle_echoes(items ingest_message[], threads_of uuid[]) returns row_key[]; plpgsql, volatile
-- function surviving_contact(tenant uuid, contact uuid) returns uuid; sql, stable
-- function take_parked(keys row_key[]) returns SETOF parked; sql, volatile
-- function team_addresses() returns TABLE(member_id uuid, email text); sql, stable, security definer, set search_path=pg_catalog, public, pg_temp
-- function telling_part(q text) returns text; sql, stable, set enable_indexscan=on
-- function thread_entity(t threads, contact json, last_message json) returns json; sql, stable
-- function thread_json(t threads) returns json; sql, stable
-- function threads_with(tenant uuid, contact_ids uuid[]) returns SETOF uuid; sql, stable
-- function told_by(persons ingest_person[], contacts_of uuid[]) returns TABLE(tenant_id uuid, id uuid, name text, named_at timestamp with time zone, consent text, consent_at timestamp with time zone, phone text, new_phone text); sql, stable
-- function told_of_rare(kind text, tenant uuid, subject uuid, thread uuid) returns json; plpgsql, stable
-- function unfold_thread(merge contact_merges, source threads, target threads, note_ids uuid[]) returns void; plpgsql, volatile
-- function unmerge_contacts(merge contact_merges) returns void; plpgsql, volatile
-- function update_contacts(persons ingest_person[], contacts_of uuid[]) returns row_key[]; plpgsql, volatile
-- function with_merged(tenant uuid, ids uuid[]) returns uuid[]; sql, stable
-- function with_parts(entity json, parts json) returns json; plpgsql, immutable
-- function write_arrivals(items ingest_message[], threads_of uuid[], contacts_of uuid[], created row_key[], received bigint) returns TABLE(tenant_id uuid, epoch text, seq bigint, type text, received_at_ms bigint, event json); plpgsql, volatile
-- function write_sends(sends new_send[]) returns TABLE(n integer, tenant_id uuid, epoch text, seq bigint, type text, received_at_ms bigint, event json); plpgsql, volatile, set enable_hashjoin=off, enable_mergejoin=off, enable_seqscan=off, jit=off, plan_cache_mode=force_generic_plan, lock_timeout=500ms

grant select on account_entities to hunfly_app;
grant insert, select, update on account_upkeep to hunfly_app;
grant insert on audit_log to hunfly_app;
grant insert, select, update on commands to hunfly_app;
grant insert, select, update on contact_addresses to hunfly_app;
grant select on contact_entities to hunfly_app;
grant insert, select, update on contact_merges to hunfly_app;
grant insert, select, update on contacts to hunfly_app;
grant insert, select, update on media to hunfly_app;
grant select on media_entities to hunfly_app;
grant select on member_entities to hunfly_app;
grant delete, insert, select on merged_messages to hunfly_app;
grant delete, insert, select on merged_participations to hunfly_app;
grant select on message_entities to hunfly_app;
grant insert, select, update on messages to hunfly_app;
grant select on note_entities to hunfly_app;
grant insert, select, update on notes to hunfly_app;
grant select, update on poll_votes to hunfly_app;
grant insert, select, update on reaction_sends to hunfly_app;
grant insert, select, update on reactions to hunfly_app;
grant select on report_cursors to hunfly_app;
grant select on report_facts to hunfly_app;
grant select on report_slots to hunfly_app;
grant delete, insert, select, update on saved_replies to hunfly_app;
grant select on saved_reply_entities to hunfly_app;
grant select on saved_reply_file_entities to hunfly_app;
grant insert, select, update on saved_reply_files to hunfly_app;
grant insert, select on tags to hunfly_app;
grant select on templates to hunfly_app;
grant select on tenant_events to hunfly_app;
grant select on tenant_logs to hunfly_app;
grant select on tenant_members to hunfly_app;
grant select on tenants to hunfly_app;
grant select on thread_entities to hunfly_app;
grant delete, insert, select, update on threads to hunfly_app;
grant insert on whatsapp_accounts to hunfly_app;
grant insert, select on commands to hunfly_round;
grant select on contact_addresses to hunfly_round;
grant select on contact_entities to hunfly_round;
grant select on contact_merges to hunfly_round;
grant select on contacts to hunfly_round;
grant insert, select on messages to hunfly_round;
grant insert, select on tenant_events to hunfly_round;
grant select, update on tenant_logs to hunfly_round;
grant select on tenant_members to hunfly_round;
grant select on tenants to hunfly_round;
grant select, update on threads to hunfly_round;
grant select (by_term, contact_id, finished_at, messages, requested_at, stage, tenant_id) on erasures to hunfly_app;
grant insert (display_name, role, tenant_id, user_id) on tenant_members to hunfly_app;
grant update (display_name, removed_at, role, version) on tenant_members to hunfly_app;
grant select (account_sid, api_base_url, business_id, coexistence, created_at, credential_at, disabled_at, enabled_at, external_id, has_token, id, name, phone, provider, read_receipts, secret_fingerprints, state, state_reason, tenant_id, version) on whatsapp_accounts to hunfly_app;
grant update (account_sid, api_base_url, business_id, coexistence, credential_at, disabled_at, enabled_at, name, phone, read_receipts, secret_ciphertext, secret_fingerprints, state, state_reason, token_ciphertext, version) on whatsapp_accounts to hunfly_app;
grant select (disabled_at, id, provider, read_receipts, state, tenant_id) on whatsapp_accounts to hunfly_round;
