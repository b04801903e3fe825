-- Cut from migrations/0055_follow_addresses.sql by scripts/dump-schema.mjs: change it by a new migration.

-- The last reaction of each person wins, by the provider's clock. Unknown targets are parked; one that stands in another
-- chat is nobody's, and so is what somebody says whose addresses nobody has any more. In a chat of two it is said by who has it.
-- What comes in somebody else's chat from an address that a merge brought goes with that address when the merge is undone.
-- Index: messages_provider_key, reactions primary key; see contact_now and is_or_was.
create or replace function apply_reactions(items ingest_reaction[]) returns row_key[] language sql as $$
  with target as (
    select r.*, found.message_id, found.contact_id, coalesce(found.elsewhere, false) as elsewhere,
      case when r.by_type <> 'contact' then r.by_id when r.by_one = r.chat_one and found.message_id is not null then found.contact_id
        else r.by_one end as by_now
    from (select u.*, contact_now(u.tenant_id, u.by_addresses, u.by_id) as by_one,
        u.chat_addresses is not null or u.chat_id is not null as chat_named, contact_now(u.tenant_id, u.chat_addresses, u.chat_id) as chat_one
      from unnest(items) u) r left join lateral (
      select (array_agg(c.id) filter (where c.own))[1] as message_id, (array_agg(c.contact_id) filter (where c.own))[1] as contact_id,
        count(*) > 0 as elsewhere
      from (select m.id, t.contact_id, not r.chat_named or is_or_was(r.tenant_id, r.chat_one, t.contact_id, m.received_at) as own
        from messages m join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
        where m.tenant_id = r.tenant_id and m.account_id = r.account_id and m.direction in ('inbound', 'outbound')
          and m.provider_message_id = r.target_id) c) found on true
  ), parking as (
    insert into parked (tenant_id, account_id, target_id, kind, dedupe, item)
      select t.tenant_id, t.account_id, t.target_id, 'reaction', t.by_id || ':' || coalesce(t.at_ms, t.received_ms) || ':' || coalesce(t.emoji, ''),
        json_build_object('tenant_id', t.tenant_id, 'account_id', t.account_id, 'target_id', t.target_id, 'by_type', t.by_type,
          'by_id', t.by_id, 'emoji', t.emoji, 'at_ms', t.at_ms, 'received_ms', t.received_ms, 'chat_id', t.chat_id,
          'by_addresses', t.by_addresses, 'chat_addresses', t.chat_addresses)
      from target t where t.message_id is null and not t.elsewhere
      on conflict do nothing
  ), last as (
    select distinct on (t.tenant_id, t.message_id, t.by_type, t.by_now) t.*, ms(coalesce(t.at_ms, t.received_ms)) as at
    from target t where t.message_id is not null and t.by_now is not null
    order by t.tenant_id, t.message_id, t.by_type, t.by_now, coalesce(t.at_ms, t.received_ms) desc, t.emoji desc nulls last
  ), stored as (
    insert into reactions as r (tenant_id, message_id, by_type, by_id, emoji, at)
      select l.tenant_id, l.message_id, l.by_type, l.by_now, l.emoji, l.at from last l
      on conflict (tenant_id, message_id, by_type, by_id) do update set emoji = excluded.emoji, at = excluded.at
        where (excluded.at, coalesce(excluded.emoji, '')) > (r.at, coalesce(r.emoji, ''))
      returning r.tenant_id, r.message_id, r.by_id
  ), noted as (
    insert into merged_participations (tenant_id, merge_id, message_id, part)
      select l.tenant_id, g.id, l.message_id, 'reaction' from last l
        join stored s on s.tenant_id = l.tenant_id and s.message_id = l.message_id and s.by_id = l.by_now
        cross join lateral brought_by(l.tenant_id, l.by_now, l.by_addresses) g (id)
      where l.by_type = 'contact' and l.by_now <> l.contact_id
      on conflict do nothing
  )
  select coalesce(array_agg(distinct row(s.tenant_id, s.message_id)::row_key), '{}') from stored s
$$;
