-- Cut from migrations/0055_follow_addresses.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Edits (the latest wins) and revocations, only where direction and chat are those of the stored message, and for an edit
-- in a group its author. Where the payload gives no chat that can be trusted, the id must be that of one message only.
-- An edit without a time counts from its receipt, but is a repetition where the text is what it was just before. A carrier that
-- tells a customer's edit with its time tells all of them so, and each again without, which may come late: those count no more.
-- Index: messages_provider_key; see contact_now and is_or_was.
create or replace function apply_edits(items ingest_edit[]) returns row_key[] language sql as $$
  with target as (
    select e.*, m.id as message_id, m.text as stored_text, m.edited_at, m.edit_dated, m.direction = e.direction
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
    select t.tenant_id, t.message_id, t.revoked, t.text, t.at, t.at_ms is not null as dated, t.direction = 'inbound' and t.at_ms is not null as sure,
      t.at_ms is null and t.text is not distinct from lag(t.text, 1, t.stored_text) over (partition by t.tenant_id, t.message_id, t.revoked,
        t.direction = 'inbound' and t.at_ms is not null order by t.at, t.text desc) as repeated
    from target t where t.message_id is not null and t.trusted and case when t.revoked then true
      when t.at_ms is null then t.edit_dated is not true and t.at > coalesce(t.edited_at, '-infinity')
      else t.edit_dated is false or t.at > coalesce(t.edited_at, '-infinity') or t.at = t.edited_at and t.text < t.stored_text end
  ), edited as (
    select distinct on (s.tenant_id, s.message_id) s.tenant_id, s.message_id, s.text, s.at, s.dated
    from said s where not s.revoked and not s.repeated order by s.tenant_id, s.message_id, s.sure desc, s.at desc, s.text
  ), merged as (
    select tenant_id, message_id, e.text, e.at, e.dated, r.at as revoked from edited e full join (
      select s.tenant_id, s.message_id, min(s.at) as at from said s where s.revoked group by 1, 2) r using (tenant_id, message_id)
  ), updated as (
    update messages m set
      text = case when s.at is null then m.text else s.text end, edited_at = coalesce(s.at, m.edited_at),
      edit_dated = case when m.direction = 'inbound' then coalesce(s.dated, m.edit_dated) end, revoked_at = least(m.revoked_at, s.revoked)
    from merged s
    where m.tenant_id = s.tenant_id and m.id = s.message_id and (s.at is not null or s.revoked < coalesce(m.revoked_at, 'infinity'))
    returning m.tenant_id, m.id
  )
  select coalesce(array_agg(row(u.tenant_id, u.id)::row_key), '{}') from updated u
$$;
