-- safe: replaces a view, whose columns stay.
-- Clients are told which messages a backlog brought and no live copy has followed.

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
    'author', json_build_object('type', m.author_type, 'id', m.author_id, 'name', m.author_name),
    'providerMessageId', m.provider_message_id, 'commandId', m.command_id,
    'sentAt', iso(m.sent_at), 'receivedAt', iso(m.received_at), 'position', m.position,
    'editedAt', iso(m.edited_at), 'revokedAt', iso(m.revoked_at), 'version', m.version,
    'forwarded', m.forwarded, 'backlog', m.history)::text, -1)
    || case when m.revoked_at is null and m.content is not null then ',' || substr((case when m.kind = 'poll' then poll_content(m.tenant_id, m.id, m.content) else m.content end)::text, 2) else '}' end)::json as entity
  from messages m;
