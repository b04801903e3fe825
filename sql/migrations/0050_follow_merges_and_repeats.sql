-- safe: functions as they are, but that a customer who was merged is who they have become, and that an edit without a time that
-- says what is stored already changes nothing. The release before goes on working.

-- Who a contact has become by merges; itself where it stands, is erased, which leads to itself, or is nobody.
-- Index: contacts primary key.
create function surviving_contact(tenant uuid, contact uuid) returns uuid language sql stable as $$
  with recursive path as (
    select c.id, c.merged_into, 0 as step from contacts c where c.tenant_id = tenant and c.id = contact
    union all
    select c.id, c.merged_into, p.step + 1 from path p join contacts c on c.tenant_id = tenant and c.id = p.merged_into
      where p.merged_into <> p.id
  )
  select coalesce((select p.id from path p order by p.step desc limit 1), contact)
$$;

-- Edits (the latest wins) and revocations, only where direction and chat are those of the stored message, and for an edit
-- in a group its author. Where the payload gives no chat that can be trusted, the id must be that of one message only.
-- A chat or author that was merged while this waited, for the merge or for its message, is who they have become.
-- An edit without a time, which counts from its receipt, is a repetition where the text is what it was just before.
-- Index: messages_provider_key, contacts primary key.
create or replace function apply_edits(items ingest_edit[]) returns row_key[] language sql as $$
  with target as (
    select e.*, m.id as message_id, m.text as stored_text, m.edited_at, m.direction = e.direction
      and case when e.contact_id is not null then t.contact_id = surviving_contact(e.tenant_id, e.contact_id)
          else e.person is null and count(*) filter (where m.direction = e.direction) over (partition by e.n) = 1 end
      and (e.revoked or e.author_id is null or m.author_id = surviving_contact(e.tenant_id, e.author_id)) as trusted
    from (select row_number() over () as n, u.*, ms(coalesce(u.at_ms, u.received_ms)) as at from unnest(items) u) e
    left join messages m on m.tenant_id = e.tenant_id and m.account_id = e.account_id
      and m.direction in ('inbound', 'outbound') and m.provider_message_id = e.target_id
    left join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
  ), parking as (
    insert into parked (tenant_id, account_id, target_id, kind, dedupe, item)
      select t.tenant_id, t.account_id, t.target_id, case when t.revoked then 'revoke' else 'edit' end,
        coalesce(t.at_ms, t.received_ms) || ':' || md5(coalesce(t.text, '')),
        json_build_object('tenant_id', t.tenant_id, 'account_id', t.account_id, 'target_id', t.target_id, 'direction', t.direction,
          'contact_id', t.contact_id, 'author_id', t.author_id, 'revoked', t.revoked, 'text', t.text, 'at_ms', t.at_ms,
          'received_ms', t.received_ms)
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

-- The last reaction of each person wins, by the provider's clock. Unknown targets are parked; one that stands in another
-- chat is nobody's. People and chats that were merged while this waited are who they have become.
-- Index: messages_provider_key, reactions and contacts primary keys.
create or replace function apply_reactions(items ingest_reaction[]) returns row_key[] language sql as $$
  with target as (
    select r.*, found.message_id, coalesce(found.elsewhere, false) as elsewhere,
      case when r.by_type = 'contact' then surviving_contact(r.tenant_id, r.by_id) else r.by_id end as by_now
    from unnest(items) r left join lateral (
      select (array_agg(m.id) filter (where r.chat_id is null or t.contact_id = surviving_contact(r.tenant_id, r.chat_id)))[1] as message_id, count(*) > 0 as elsewhere
      from messages m join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
      where m.tenant_id = r.tenant_id and m.account_id = r.account_id and m.direction in ('inbound', 'outbound')
        and m.provider_message_id = r.target_id) found on true
  ), parking as (
    insert into parked (tenant_id, account_id, target_id, kind, dedupe, item)
      select t.tenant_id, t.account_id, t.target_id, 'reaction', t.by_id || ':' || coalesce(t.at_ms, t.received_ms) || ':' || coalesce(t.emoji, ''),
        json_build_object('tenant_id', t.tenant_id, 'account_id', t.account_id, 'target_id', t.target_id, 'by_type', t.by_type,
          'by_id', t.by_id, 'emoji', t.emoji, 'at_ms', t.at_ms, 'received_ms', t.received_ms, 'chat_id', t.chat_id)
      from target t where t.message_id is null and not t.elsewhere
      on conflict do nothing
  ), last as (
    select distinct on (t.tenant_id, t.message_id, t.by_type, t.by_now) t.*, ms(coalesce(t.at_ms, t.received_ms)) as at
    from target t where t.message_id is not null
    order by t.tenant_id, t.message_id, t.by_type, t.by_now, coalesce(t.at_ms, t.received_ms) desc, t.emoji desc nulls last
  ), stored as (
    insert into reactions as r (tenant_id, message_id, by_type, by_id, emoji, at)
      select l.tenant_id, l.message_id, l.by_type, l.by_now, l.emoji, l.at from last l
      on conflict (tenant_id, message_id, by_type, by_id) do update set emoji = excluded.emoji, at = excluded.at
        where (excluded.at, coalesce(excluded.emoji, '')) > (r.at, coalesce(r.emoji, ''))
      returning r.tenant_id, r.message_id
  )
  select coalesce(array_agg(distinct row(s.tenant_id, s.message_id)::row_key), '{}') from stored s
$$;

-- The last vote of each person is their whole choice. As apply_reactions. Index: messages_provider_key, poll_votes and contacts primary keys.
create or replace function apply_votes(items ingest_vote[]) returns row_key[] language sql as $$
  with target as (
    select v.*, found.message_id, coalesce(found.elsewhere, false) as elsewhere,
      case when v.by_type = 'contact' then surviving_contact(v.tenant_id, v.by_id) else v.by_id end as by_now
    from unnest(items) v left join lateral (
      select (array_agg(m.id) filter (where v.chat_id is null or t.contact_id = surviving_contact(v.tenant_id, v.chat_id)))[1] as message_id, count(*) > 0 as elsewhere
      from messages m join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
      where m.tenant_id = v.tenant_id and m.account_id = v.account_id and m.direction in ('inbound', 'outbound')
        and m.provider_message_id = v.target_id) found on true
  ), parking as (
    insert into parked (tenant_id, account_id, target_id, kind, dedupe, item)
      select t.tenant_id, t.account_id, t.target_id, 'vote', t.by_id || ':' || coalesce(t.at_ms, t.received_ms) || ':' || md5(t.options::text),
        json_build_object('tenant_id', t.tenant_id, 'account_id', t.account_id, 'target_id', t.target_id, 'by_type', t.by_type,
          'by_id', t.by_id, 'options', t.options, 'at_ms', t.at_ms, 'received_ms', t.received_ms, 'chat_id', t.chat_id)
      from target t where t.message_id is null and not t.elsewhere
      on conflict do nothing
  ), last as (
    select distinct on (t.tenant_id, t.message_id, t.by_type, t.by_now) t.*, ms(coalesce(t.at_ms, t.received_ms)) as at
    from target t where t.message_id is not null
    order by t.tenant_id, t.message_id, t.by_type, t.by_now, coalesce(t.at_ms, t.received_ms) desc, t.options desc
  ), stored as (
    insert into poll_votes as v (tenant_id, message_id, by_type, by_id, options, at)
      select l.tenant_id, l.message_id, l.by_type, l.by_now, l.options, l.at from last l
      on conflict (tenant_id, message_id, by_type, by_id) do update set options = excluded.options, at = excluded.at
        where (excluded.at, excluded.options) > (v.at, v.options)
      returning v.tenant_id, v.message_id
  )
  select coalesce(array_agg(distinct row(s.tenant_id, s.message_id)::row_key), '{}') from stored s
$$;
