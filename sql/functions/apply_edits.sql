-- Cut from migrations/0054_follow_addresses.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Edits (the latest wins) and revocations, only where direction and chat are those of the stored message, and for an edit
-- in a group its author. Where the payload gives no chat that can be trusted, the id must be that of one message only.
-- An edit without a time, which counts from its receipt, is a repetition where the text is what it was just before.
-- Index: messages_provider_key; see contact_now and is_or_was.
create or replace function apply_edits(items ingest_edit[]) returns row_key[] language sql as $$
  with target as (
    select e.*, m.id as message_id, m.text as stored_text, m.edited_at, m.direction = e.direction
      and case when e.chat_named then is_or_was(e.tenant_id, e.chat, t.contact_id, m.received_at)
          else count(*) filter (where m.direction = e.direction) over (partition by e.n) = 1 end
      and (e.revoked or not e.author_named or is_or_was(e.tenant_id, e.author, m.author_id, m.received_at)) as trusted
    from (select row_number() over () as n, u.*, ms(coalesce(u.at_ms, u.received_ms)) as at,
        u.chat_addresses is not null or u.contact_id is not null as chat_named,
        contact_now(u.tenant_id, u.chat_addresses, u.contact_id) as chat,
        u.author_addresses is not null or u.author_id is not null as author_named,
        contact_now(u.tenant_id, u.author_addresses, u.author_id) as author
      from unnest(items) u) e
    left join messages m on m.tenant_id = e.tenant_id and m.account_id = e.account_id
      and m.direction in ('inbound', 'outbound') and m.provider_message_id = e.target_id
    left join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
  ), parking as (
    insert into parked (tenant_id, account_id, target_id, kind, dedupe, item)
      select t.tenant_id, t.account_id, t.target_id, case when t.revoked then 'revoke' else 'edit' end,
        coalesce(t.at_ms, t.received_ms) || ':' || md5(coalesce(t.text, '')),
        json_build_object('tenant_id', t.tenant_id, 'account_id', t.account_id, 'target_id', t.target_id, 'direction', t.direction,
          'contact_id', t.contact_id, 'author_id', t.author_id, 'revoked', t.revoked, 'text', t.text, 'at_ms', t.at_ms,
          'received_ms', t.received_ms, 'chat_addresses', t.chat_addresses, 'author_addresses', t.author_addresses)
      from target t where t.message_id is null
      on conflict do nothing
  ), said as (
    select t.tenant_id, t.message_id, t.revoked, t.text, t.at, t.at_ms is null and t.text is not distinct from
      lag(t.text, 1, t.stored_text) over (partition by t.tenant_id, t.message_id, t.revoked order by t.at, t.text desc) as repeated
    from target t where t.message_id is not null and t.trusted and (t.revoked or t.at > coalesce(t.edited_at, '-infinity'))
  ), merged as (
    select s.tenant_id, s.message_id, min(s.at) filter (where s.revoked) as revoked, max(s.at) filter (where not s.revoked and not s.repeated) as edited,
      (array_agg(s.text order by s.at desc, s.text) filter (where not s.revoked and not s.repeated))[1] as text
    from said s group by 1, 2
  ), updated as (
    update messages m set
      text = case when s.edited > coalesce(m.edited_at, '-infinity') then s.text else m.text end,
      edited_at = greatest(m.edited_at, s.edited), revoked_at = least(m.revoked_at, s.revoked)
    from merged s
    where m.tenant_id = s.tenant_id and m.id = s.message_id
      and (s.edited > coalesce(m.edited_at, '-infinity') or s.revoked < coalesce(m.revoked_at, 'infinity'))
    returning m.tenant_id, m.id
  )
  select coalesce(array_agg(row(u.tenant_id, u.id)::row_key), '{}') from updated u
$$;
