-- safe: columns with constant defaults, a column that may now be null, views of the same shape with more in it.

-- An attachment belongs to the thread of its message, or, uploaded and not sent yet, to the member who uploaded it.
alter table media alter column thread_id drop not null;
alter table media
  add column account_id uuid,
  add column uploaded_by uuid,
  -- What an upload was checked for; null for what came from a customer.
  add column kind text,
  -- What the sender called it, where its bytes are something else; `mime` is what it is.
  add column declared_mime text,
  add column sha256 text,
  add column thumbnail_key text,
  add column width int,
  add column height int,
  -- Fetching, while pending: not before next_attempt_at, which is also how long whoever claimed it may take.
  add column attempts int not null default 0,
  add column attempt_id uuid,
  add column next_attempt_at timestamptz not null default now(),
  add constraint media_owner check (thread_id is not null or (uploaded_by is not null and account_id is not null));

create index media_due on media (next_attempt_at) where state = 'pending';
create index media_unsent on media (created_at) where thread_id is null;
create index messages_by_media on messages (tenant_id, media_id) where media_id is not null;

create view media_entities with (security_invoker = true) as
  select f.tenant_id, f.id, json_build_object(
    'id', f.id, 'mime', f.mime, 'filename', f.filename, 'sizeBytes', nullif(f.size_bytes, 0), 'voice', f.voice,
    'state', f.state, 'failure', case when f.state = 'failed' then f.failure end,
    'url', case when f.state = 'ready' then '/api/media/' || f.id end,
    'thumbnailUrl', case when f.state = 'ready' and f.thumbnail_key is not null then '/api/media/' || f.id || '/thumbnail' end,
    'width', f.width, 'height', f.height) as entity
  from media f;
grant select on media_entities to hunfly_app;

create or replace view message_entities with (security_invoker = true) as
  select m.tenant_id, m.id, (left(json_build_object(
    'id', m.id, 'threadId', m.thread_id, 'accountId', m.account_id, 'direction', m.direction, 'kind', m.kind,
    'text', case when m.revoked_at is null then m.text end,
    'media', case when m.revoked_at is null and m.media_id is not null then (
      select f.entity from media_entities f where f.tenant_id = m.tenant_id and f.id = m.media_id) end,
    'replyTo', case when m.reply_provider_id is not null or m.reply_message_id is not null
      then json_build_object('messageId', m.reply_message_id, 'providerMessageId', m.reply_provider_id) end,
    'reactions', coalesce((
      select json_agg(json_build_object('emoji', r.emoji, 'by', json_build_object('type', r.by_type, 'id', r.by_id))
                      order by r.at, r.by_id)
      from reactions r where r.tenant_id = m.tenant_id and r.message_id = m.id and r.emoji is not null), '[]'::json),
    'status', m.status,
    'statusAt', json_strip_nulls(json_build_object('sent', iso(m.at_sent), 'delivered', iso(m.at_delivered),
      'read', iso(m.at_read), 'played', iso(m.at_played), 'failed', iso(m.at_failed))),
    'error', case when m.status = 'failed' then m.error end,
    'author', json_build_object('type', m.author_type, 'id', m.author_id),
    'providerMessageId', m.provider_message_id, 'commandId', m.command_id,
    'sentAt', iso(m.sent_at), 'receivedAt', iso(m.received_at), 'position', m.position,
    'editedAt', iso(m.edited_at), 'revokedAt', iso(m.revoked_at), 'version', m.version,
    'forwarded', m.forwarded)::text, -1)
    || case when m.revoked_at is null and m.content is not null then ',' || substr(m.content::text, 2) else '}' end)::json as entity
  from messages m;
