-- Cut from migrations/0035_shape_by_types.sql by scripts/dump-schema.mjs: change it by a new migration.

-- The shape of a message; its file and its reactions are looked up by whoever shows it.
create or replace function message_entity(m messages, media json, reactions json) returns json language sql stable as $$
  select with_parts(
    row_to_json(row(
      m.id, m.thread_id, m.account_id, m.direction, m.kind, case when m.revoked_at is null then m.text end, media,
      case when m.reply_provider_id is not null or m.reply_message_id is not null
        then json_build_object('messageId', m.reply_message_id, 'providerMessageId', m.reply_provider_id) end,
      reactions, m.status,
      case when coalesce(m.at_sent, m.at_delivered, m.at_read, m.at_played, m.at_failed) is null then '{}'
        else json_strip_nulls(json_build_object('sent', iso(m.at_sent), 'delivered', iso(m.at_delivered),
          'read', iso(m.at_read), 'played', iso(m.at_played), 'failed', iso(m.at_failed))) end,
      case when m.status = 'failed' then m.error end, row(m.author_type, m.author_id, m.author_name),
      m.provider_message_id, m.command_id, iso(m.sent_at), iso(m.received_at), m.position,
      iso(m.edited_at), iso(m.revoked_at), m.version, m.forwarded, m.history)::shown_message),
    case when m.revoked_at is null and m.content is not null
      then case when m.kind = 'poll' then poll_content(m.tenant_id, m.id, m.content) else m.content end end)
$$;
