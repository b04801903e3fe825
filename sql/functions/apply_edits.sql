-- Cut from migrations/0012_ingest_every_kind.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Edits (the latest wins) and revocations, only where direction and chat are those of the stored message, and for an edit
-- in a group its author. Where the payload gives no chat that can be trusted, the id must be that of one message only.
-- Index: messages_provider_key.
create or replace function apply_edits(items ingest_edit[]) returns row_key[] language sql as $$
  with target as (
    select e.*, m.id as message_id, m.direction = e.direction
      and case when e.contact_id is not null then t.contact_id = e.contact_id
          else e.person is null and count(*) filter (where m.direction = e.direction) over (partition by e.n) = 1 end
      and (e.revoked or e.author_id is null or m.author_id = e.author_id) as trusted
    from (select row_number() over () as n, u.* from unnest(items) u) e
    left join messages m on m.tenant_id = e.tenant_id and m.account_id = e.account_id
      and m.direction in ('inbound', 'outbound') and m.provider_message_id = e.target_id
    left join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
  ), parking as (
    insert into parked (tenant_id, account_id, target_id, kind, dedupe, item)
      select t.tenant_id, t.account_id, t.target_id, case when t.revoked then 'revoke' else 'edit' end,
        coalesce(t.at_ms, 0) || ':' || md5(coalesce(t.text, '')),
        json_build_object('tenant_id', t.tenant_id, 'account_id', t.account_id, 'target_id', t.target_id, 'direction', t.direction,
          'contact_id', t.contact_id, 'author_id', t.author_id, 'revoked', t.revoked, 'text', t.text, 'at_ms', t.at_ms,
          'received_ms', t.received_ms)
      from target t where t.message_id is null
      on conflict do nothing
  ), last as (
    select distinct on (t.tenant_id, t.message_id, t.revoked) t.*, ms(coalesce(t.at_ms, t.received_ms)) as at
    from target t where t.message_id is not null and t.trusted
    order by t.tenant_id, t.message_id, t.revoked, coalesce(t.at_ms, t.received_ms) desc, t.text
  ), merged as (
    select l.tenant_id, l.message_id, max(l.at) filter (where not l.revoked) as edited, max(l.text) filter (where not l.revoked) as text,
      min(l.at) filter (where l.revoked) as revoked
    from last l group by 1, 2
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
