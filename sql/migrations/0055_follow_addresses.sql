-- safe: functions as they are, but that what waits remembers the addresses it came from, that what was told with its time counts
-- before what was not, and that a copy of our own message makes no contact. The release before goes on working, what it has left
-- waiting is applied, and a batch that it has begun begins anew (lock_threads). Locks no big table.

-- What is said of a message may wait for it for weeks. Who said it, and in which chat, is decided when it is applied, by the
-- addresses, as it is for whatever comes at that moment: merges and their undoing move these.
alter type ingest_edit add attribute chat_addresses ingest_address[], add attribute author_addresses ingest_address[];
alter type ingest_reaction add attribute by_addresses ingest_address[], add attribute chat_addresses ingest_address[];
alter type ingest_vote add attribute by_addresses ingest_address[], add attribute chat_addresses ingest_address[];

-- Merges are few: made in no time.
create index contact_merges_undone on contact_merges (tenant_id) where undone_at is not null;

-- Who has one of these addresses now, the first listed first; null where nobody has. The release before has kept no addresses,
-- but the contact: who that has become. Index: contact_addresses and contacts primary keys.
create function contact_now(tenant uuid, addresses ingest_address[], contact uuid) returns uuid language sql stable as $$
  select case when addresses is null then surviving_contact(tenant, contact) else (
    select ca.contact_id from unnest(addresses) a
      join contact_addresses ca on ca.tenant_id = tenant and ca.type = a.type and ca.match_key = a.key
      where a.link is not true order by a.ord limit 1) end
$$;

-- Whether who says something of a message is whose it is: they are one, or were when it came, through however many merges. What
-- came while they were one stays with one of them when that is undone. Index: contact_merges primary key by its tenant.
create function is_or_was(tenant uuid, said uuid, contact uuid, came timestamptz) returns boolean language sql stable as $$
  select said = contact or exists (
    with recursive whole as (
      select x as part, x as id from unnest(array[said, contact]) x
      union
      select w.part, g.into_contact_id from whole w join contact_merges g on g.tenant_id = tenant and g.from_contact_id = w.id
        and (g.undone_at is null or came >= g.merged_at and came < g.undone_at))
    select from whole one join whole other on other.id = one.id where one.part = said and other.part = contact)
$$;

-- The merges, not undone, by which one of these addresses has become this contact's. Index: contact_merges_standing. Lock:
-- `for key share`, so that none goes with an erasure before what is noted of it is stored.
create function brought_by(tenant uuid, contact uuid, addresses ingest_address[]) returns setof uuid language sql as $$
  select g.id from contact_merges g
  where g.tenant_id = tenant and g.into_contact_id = any (with_merged(tenant, array[contact])) and g.undone_at is null
    and exists (select from json_to_recordset(g.before->'addresses') as b (type text, key text)
      join unnest(addresses) a on a.type = b.type and a.key = b.key and a.link is not true)
  order by g.id for key share of g
$$;

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

-- The last vote of each person is their whole choice. As apply_reactions. Index: messages_provider_key, poll_votes primary key.
create or replace function apply_votes(items ingest_vote[]) returns row_key[] language sql as $$
  with target as (
    select v.*, found.message_id, found.contact_id, coalesce(found.elsewhere, false) as elsewhere,
      case when v.by_type <> 'contact' then v.by_id when v.by_one = v.chat_one and found.message_id is not null then found.contact_id
        else v.by_one end as by_now
    from (select u.*, contact_now(u.tenant_id, u.by_addresses, u.by_id) as by_one,
        u.chat_addresses is not null or u.chat_id is not null as chat_named, contact_now(u.tenant_id, u.chat_addresses, u.chat_id) as chat_one
      from unnest(items) u) v left join lateral (
      select (array_agg(c.id) filter (where c.own))[1] as message_id, (array_agg(c.contact_id) filter (where c.own))[1] as contact_id,
        count(*) > 0 as elsewhere
      from (select m.id, t.contact_id, not v.chat_named or is_or_was(v.tenant_id, v.chat_one, t.contact_id, m.received_at) as own
        from messages m join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
        where m.tenant_id = v.tenant_id and m.account_id = v.account_id and m.direction in ('inbound', 'outbound')
          and m.provider_message_id = v.target_id) c) found on true
  ), parking as (
    insert into parked (tenant_id, account_id, target_id, kind, dedupe, item)
      select t.tenant_id, t.account_id, t.target_id, 'vote', t.by_id || ':' || coalesce(t.at_ms, t.received_ms) || ':' || md5(t.options::text),
        json_build_object('tenant_id', t.tenant_id, 'account_id', t.account_id, 'target_id', t.target_id, 'by_type', t.by_type,
          'by_id', t.by_id, 'options', t.options, 'at_ms', t.at_ms, 'received_ms', t.received_ms, 'chat_id', t.chat_id,
          'by_addresses', t.by_addresses, 'chat_addresses', t.chat_addresses)
      from target t where t.message_id is null and not t.elsewhere
      on conflict do nothing
  ), last as (
    select distinct on (t.tenant_id, t.message_id, t.by_type, t.by_now) t.*, ms(coalesce(t.at_ms, t.received_ms)) as at
    from target t where t.message_id is not null and t.by_now is not null
    order by t.tenant_id, t.message_id, t.by_type, t.by_now, coalesce(t.at_ms, t.received_ms) desc, t.options desc
  ), stored as (
    insert into poll_votes as v (tenant_id, message_id, by_type, by_id, options, at)
      select l.tenant_id, l.message_id, l.by_type, l.by_now, l.options, l.at from last l
      on conflict (tenant_id, message_id, by_type, by_id) do update set options = excluded.options, at = excluded.at
        where (excluded.at, excluded.options) > (v.at, v.options)
      returning v.tenant_id, v.message_id, v.by_id
  ), noted as (
    insert into merged_participations (tenant_id, merge_id, message_id, part)
      select l.tenant_id, g.id, l.message_id, 'vote' from last l
        join stored s on s.tenant_id = l.tenant_id and s.message_id = l.message_id and s.by_id = l.by_now
        cross join lateral brought_by(l.tenant_id, l.by_now, l.by_addresses) g (id)
      where l.by_type = 'contact' and l.by_now <> l.contact_id
      on conflict do nothing
  )
  select coalesce(array_agg(distinct row(s.tenant_id, s.message_id)::row_key), '{}') from stored s
$$;

drop function is_or_was(uuid, uuid, uuid, bigint);

drop function lock_threads(ingest_party[], uuid[], uuid[], ingest_target[], ingest_status[], row_key[]);
-- Locks every thread that the batch can change, in id order: those of new messages, those of messages that an item is
-- about or names by our reference, and those of contacts that look different. False where a contact was merged away or erased since the batch looked for it:
-- a merge takes the threads away, and a batch that begins anew finds the contact that has the addresses now. False also where
-- the caller does not say that it is not `old`: it began before this migration, and its rows are not what the types are now. Index: threads and messages primary keys, messages_provider_key, threads_contact_key.
create function lock_threads(parties ingest_party[], threads_of uuid[], contacts_of uuid[], targets ingest_target[],
  statuses ingest_status[], renamed row_key[], old boolean default true)
returns boolean language plpgsql as $$
declare
  v_locked bigint;
begin
  if old then return false; end if;
  if cardinality(targets) + cardinality(statuses) + cardinality(renamed) > 0 then
    perform 1 from threads t join (
      select p.tenant_id, threads_of[p.n] as id from unnest(parties) p
      union select m.tenant_id, m.thread_id from unnest(targets) x
        join messages m on m.tenant_id = x.tenant_id and m.account_id = x.account_id
          and m.direction in ('inbound', 'outbound') and m.provider_message_id = x.target_id
      union select m.tenant_id, m.thread_id from unnest(statuses) s
        join messages m on m.tenant_id = s.tenant_id and m.id = s.client_ref
      union select th.tenant_id, th.id from unnest(renamed) k join threads th on th.tenant_id = k.tenant_id and th.contact_id = k.id) w
      on w.tenant_id = t.tenant_id and w.id = t.id
    order by t.tenant_id, t.id for no key update of t;
  end if;
  perform 1 from unnest(parties) p
    join threads t on t.tenant_id = p.tenant_id and t.id = threads_of[p.n] and t.contact_id = contacts_of[p.person]
        and t.erased_at is null
    order by t.tenant_id, t.id for no key update of t;
  get diagnostics v_locked = row_count;
  return v_locked = cardinality(array_remove(threads_of, null));
end
$$;

drop function resolve_contacts(ingest_person[]);
-- Finds or creates the contact of every person: ids by person number (1-based), null for unknown ones that are only told
-- about; contacts that gained an address; `made`: the newcomers; and `told`: whether any may look different by what its person tells.
-- Index: contact_addresses and contacts primary keys. Locks: transaction advisory locks on addresses nobody has yet, in
-- key order, so that ten first messages of one person make one contact. An address that belongs to somebody else stays
-- there: nothing merges silently.
create function resolve_contacts(persons ingest_person[], out contacts_of uuid[], out gained row_key[], out made uuid[], out told boolean)
language plpgsql as $$
declare
  v_complete boolean;
  v_more boolean;
  v_missing bigint;
  v_known uuid[];
begin
  gained := '{}';
  made := '{}';
  -- One look is enough where everybody is known by all addresses.
  select array_agg(ca.contact_id order by p.n) filter (where a.ord = 1 and a.link is not true), bool_and(ca.contact_id is not null),
    bool_or((p.name <> c.display_name and (c.named_at is null or c.named_at < ms(p.named_at_ms)))
      or (p.consent is not null and (c.marketing_consent_at is null or c.marketing_consent_at < ms(p.consent_at_ms)))
      or p.new_phone is not null or (p.phone is not null and c.phone is null)),
    bool_or(p.consent is not null or p.new_phone is not null or a.link is true)
    into contacts_of, v_complete, told, v_more
  from unnest(persons) p cross join lateral unnest(p.addresses) a
    left join contact_addresses ca on ca.tenant_id = p.tenant_id and ca.type = a.type and ca.match_key = a.key
    left join contacts c on c.tenant_id = ca.tenant_id and c.id = ca.contact_id;
  if v_complete then return; end if;

  told := true;
  select count(pg_advisory_xact_lock(k.key)) into v_missing from (
    select distinct hashtextextended(p.tenant_id::text || '/' || a.type || '/' || a.key, 1) as key
    from unnest(persons) p cross join lateral unnest(p.addresses) a
    where not exists (select 1 from contact_addresses ca
      where ca.tenant_id = p.tenant_id and ca.type = a.type and ca.match_key = a.key)
    order by 1) k;
  -- Looked up only now: an address that was there above has its contact, and one that was not is locked by us.
  v_known := find_contacts(persons);
  contacts_of := v_known;
  if v_missing = 0 then return; end if;
  contacts_of := name_newcomers(persons, v_known, v_more);
  made := array(select c from unnest(contacts_of) c where c is not null and array_position(v_known, c) is null);
  -- The rows below tell all that is told of newcomers, but for these.
  told := v_more or cardinality(array_remove(v_known, null)) > 0;
  insert into contacts (tenant_id, id, display_name, named_at, phone)
    select p.tenant_id, contacts_of[p.n], coalesce(p.name, p.phone,
             case when (p.addresses[1]).type = 'group' then 'WhatsApp group' else 'WhatsApp user' end),
           case when p.name is not null then ms(p.named_at_ms) end, p.phone
    from unnest(persons) p where v_known[p.n] is null and contacts_of[p.n] is not null
    on conflict do nothing;
  with stored as (
    insert into contact_addresses as a (tenant_id, type, match_key, value, contact_id)
      select p.tenant_id, a.type, a.key, a.value, contacts_of[p.n]
      from unnest(persons) p cross join lateral unnest(p.addresses) a
      where contacts_of[p.n] is not null
      order by a.link is true, 1, 2, 3
      on conflict do nothing
      returning a.tenant_id, a.contact_id
  )
  select coalesce(array_agg(distinct row(s.tenant_id, s.contact_id)::row_key), '{}') into gained
  from stored s where s.contact_id = any (v_known);
end
$$;

-- Newcomers whom nothing names but copies of what is stored already are nobody after all: no conversation would lead to them, and
-- an address that may be another's, as that of a copy of our own send, would be theirs for good. `heard` are the numbers of who
-- says something besides. Returns the contacts of all persons, null for these. Index: contacts primary key, threads_contact_key.
create function forget_unheard(made uuid[], parties ingest_party[], threads_of uuid[], heard int[], contacts_of uuid[])
returns uuid[] language plpgsql as $$
declare
  v_gone uuid[];
begin
  select array_agg(distinct contacts_of[p.person]) into v_gone from unnest(parties) p
    where contacts_of[p.person] = any (made) and threads_of[p.n] is null and p.person <> all (heard)
      and not exists (select from threads t where t.tenant_id = p.tenant_id and t.contact_id = contacts_of[p.person]);
  if v_gone is null then return contacts_of; end if;
  delete from contacts c using unnest(parties) p
    where c.tenant_id = p.tenant_id and c.id = contacts_of[p.person] and c.id = any (v_gone);
  return array(select case when c.id <> all (v_gone) then c.id end from unnest(contacts_of) with ordinality as c (id, n) order by c.n);
end
$$;

-- Whether a message is stored in another chat although its id is unique within its own: it came while the two were one.
-- Index: messages_provider_key; see is_or_was.
create function is_repeated(i ingest_message, contact uuid) returns boolean language sql stable as $$
  select exists (
    select from messages m join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
    where m.tenant_id = i.tenant_id and m.account_id = i.account_id and m.direction = i.direction
      and m.provider_message_id = i.provider_message_id and t.contact_id <> contact
      and is_or_was(i.tenant_id, contact, t.contact_id, m.received_at))
$$;

-- Makes the threads of new conversations. Returns the ids created. What settle_echoes will settle begins none, and what is repeated neither.
-- Index: threads_contact_key, messages_provider_key, messages primary key.
-- A contact that was merged away meanwhile makes the batch begin anew, see lock_threads; the foreign key to contacts has
-- waited for a merge under way.
create or replace function open_threads(items ingest_message[], contacts_of uuid[]) returns row_key[] language plpgsql as $$
declare
  v_created row_key[];
begin
  with wanted as (
    select i.tenant_id, i.account_id, contacts_of[i.person] as contact_id, min(i.sent_ms) as first_ms,
      (array_agg(i.reply_type order by i.position desc))[1] as reply_type, (array_agg(i.reply_value order by i.position desc))[1] as reply_value
    from unnest(items) i
    where not exists (select 1 from threads t where t.tenant_id = i.tenant_id and t.account_id = i.account_id
      and t.contact_id = contacts_of[i.person])
    and case when i.id_within_chat and i.direction = 'inbound' then not is_repeated(i, contacts_of[i.person])
      else not exists (select 1 from messages m where m.tenant_id = i.tenant_id
        and m.account_id = i.account_id and m.direction = i.direction and m.provider_message_id = i.provider_message_id) end
    and (i.client_ref is null or i.history or i.direction <> 'outbound' or not exists (select 1 from messages m
      where m.tenant_id = i.tenant_id and m.id = i.client_ref and m.account_id = i.account_id
        and m.direction = 'outbound' and m.provider_message_id is null))
    group by 1, 2, 3
  ), stored as (
    insert into threads (tenant_id, account_id, contact_id, last_activity_at, reply_type, reply_value)
      select w.tenant_id, w.account_id, w.contact_id, ms(w.first_ms), w.reply_type, w.reply_value from wanted w order by 1, 2, 3
      on conflict on constraint threads_contact_key do nothing
      returning tenant_id, id
  )
  select coalesce(array_agg(row(s.tenant_id, s.id)::row_key), '{}') into v_created from stored s;
  if exists (select 1 from unnest(items) i join contacts c on c.tenant_id = i.tenant_id and c.id = contacts_of[i.person]
      where c.merged_into is not null) then
    raise exception 'a contact was merged meanwhile' using errcode = '40001';
  end if;
  return v_created;
end
$$;

-- Stores new messages; a duplicate stores nothing, but what a backlog brought first becomes live by its live copy.
-- `stored`: those that are new, `promoted`: those of the backlog; `files`: there may be files among them.
-- Index: messages_provider_key decides; contact_merges_undone.
create or replace function insert_messages(items ingest_message[], threads_of uuid[], contacts_of uuid[], files boolean, out stored row_key[], out promoted row_key[])
language plpgsql as $$
declare
  -- Nothing can be repeated in another chat where nobody was ever separated, which is nearly everywhere.
  v_parted boolean := exists (select from contact_merges g where g.undone_at is not null
    and g.tenant_id in (select i.tenant_id from unnest(items) i where i.id_within_chat));
begin
  with wanted as (
    select i.*, case when i.id_within_chat and i.direction = 'inbound' then threads_of[i.party]::text else '' end as scope
    from unnest(items) i
    -- No thread was opened for a message that is stored already, under another contact.
    where threads_of[i.party] is not null
      and not (v_parted and i.id_within_chat and i.direction = 'inbound' and is_repeated(i, contacts_of[i.person]))
  ), single as (
    select distinct on (w.tenant_id, w.account_id, w.direction, w.provider_message_id, w.scope) w.*
    from wanted w order by w.tenant_id, w.account_id, w.direction, w.provider_message_id, w.scope, w.history, w.ord
  ), touched as (
    insert into messages as m (tenant_id, id, thread_id, account_id, direction, kind, text, media_id, content, forwarded,
        reply_provider_id, status, at_sent, author_type, author_id, author_name, provider_message_id, provider_scope,
        sent_at, received_at, position, unread, history)
      select i.tenant_id, i.id, threads_of[i.party], i.account_id, i.direction, i.kind, i.text, (i.media->>'id')::uuid,
        i.content, i.forwarded, i.reply_provider_id,
        case when i.direction = 'inbound' then 'received' else 'sent' end,
        case when i.direction = 'outbound' then ms(i.sent_ms) end,
        case when i.kind = 'system' then 'system' when i.direction = 'inbound' then 'contact'
          when i.origin in ('phone', 'business_app') then 'phone' else 'system' end,
        case when i.direction = 'inbound' and i.kind <> 'system' then contacts_of[i.sender] end,
        case when i.sender <> i.person then (
          select c.display_name from contacts c where c.tenant_id = i.tenant_id and c.id = contacts_of[i.sender]) end,
        i.provider_message_id, i.scope, ms(i.sent_ms), ms(i.received_ms), i.position,
        i.direction = 'inbound' and i.kind <> 'system' and not i.history, i.history
      from single i
      on conflict (tenant_id, account_id, direction, provider_message_id, provider_scope) where provider_message_id is not null
        do update set history = false, unread = excluded.unread, version = m.version + 1 where m.history and not excluded.history
      returning m.tenant_id, m.id, old.id is null as fresh
  )
  select array(select row(t.tenant_id, t.id)::row_key from touched t where t.fresh),
         array(select row(t.tenant_id, t.id)::row_key from touched t where not t.fresh) into stored, promoted;
  if not files then return; end if;
  insert into media (tenant_id, id, thread_id, mime, filename, size_bytes, voice, source)
    select m.tenant_id, m.media_id, m.thread_id, i.media->>'mime', i.media->>'filename', coalesce((i.media->>'sizeBytes')::bigint, 0),
      coalesce((i.media->>'voice')::boolean, false), i.media->'source'
    from unnest(items) i join messages m on m.tenant_id = i.tenant_id and m.id = i.id
    where i.media is not null;
end
$$;

-- One batch of parsed webhooks: journal, contacts, threads, messages, states, reactions, votes, edits, files, unread,
-- event log. `p` is the document built by inbox/ingest/batch.ts; `p_bytes` all raw bodies end to end.
-- Atomic and repeatable: the same batch again, or the same items in another batch, in any order, by any number of
-- workers, ends in the same rows and logs nothing twice. Refused as a whole, by P0E01, where anything in it was erased. Lock order: addresses, contacts, message keys, threads, counters.
create or replace function ingest_batch(p json, p_bytes bytea)
returns table (tenant_id uuid, epoch text, seq bigint, type text, received_at_ms bigint, event json)
language plpgsql as $$
#variable_conflict use_column
declare
  v_doc record;
  v_persons ingest_person[] := '{}';
  v_parties ingest_party[] := '{}';
  v_messages ingest_message[] := '{}';
  v_statuses ingest_status[] := '{}';
  v_echoes ingest_status[] := '{}';
  v_reactions ingest_reaction[] := '{}';
  v_votes ingest_vote[] := '{}';
  v_edits ingest_edit[] := '{}';
  v_files ingest_file[] := '{}';
  v_targets ingest_target[] := '{}';
  v_people record;
  v_alone boolean;
  v_has record;
  v_stored record;
  v_contacts uuid[] := '{}';
  v_threads uuid[] := '{}';
  v_created row_key[] := '{}';
  v_renamed row_key[] := '{}';
  v_new row_key[] := '{}';
  v_changed row_key[] := '{}';
  v_rolled record;
  v_arrived arrival[] := '{}';
  v_touched row_key[] := '{}';
  v_reopened row_key[] := '{}';
  v_parked parked[];
  v_changes change[];
begin
  -- Taken apart once: every `p->'x'` would read the whole document again.
  select * into v_doc from json_to_record(p) as d ("receivedAtMs" bigint, journal json, letters json, persons json, parties json,
    messages json, statuses json, reactions json, votes json, edits json, files json);
  insert into webhook_journal (tenant_id, received_at, stream_id, provider, auth, correlation_id, body)
    select j.tenant_id, ms(j.received_ms), j.stream_id, j.provider, j.auth, j.correlation_id,
           substring(p_bytes from j.start + 1 for j.length)
    from json_to_recordset(v_doc.journal) as j (tenant_id uuid, received_ms bigint, stream_id text, provider text, auth text,
      correlation_id text, start int, length int)
    on conflict do nothing;
  if json_array_length(v_doc.letters) > 0 then
    insert into dead_letters (tenant_id, provider, channel, reason, sqlstate, auth, body, received_at, correlation_id, stream_id)
      select l.tenant_id, l.provider, l.channel, l.reason, l.sqlstate, l.auth, substring(p_bytes from l.start + 1 for l.length),
             ms(l.received_ms), l.correlation_id, l.stream_id
      from json_to_recordset(v_doc.letters) as l (tenant_id uuid, provider text, channel text, reason text, sqlstate text, auth text,
        start int, length int, received_ms bigint, correlation_id text, stream_id text)
      on conflict do nothing;
  end if;
  if json_array_length(v_doc.messages) > 0 then
    select array(select x from json_populate_recordset(null::ingest_message, v_doc.messages) x),
      array(select x from json_populate_recordset(null::ingest_person, v_doc.persons) x),
      array(select x from json_populate_recordset(null::ingest_party, v_doc.parties) x) into v_messages, v_persons, v_parties;
    -- An echo refers to our own send as a state does.
    v_echoes := array(select row(m.tenant_id, m.account_id, m.provider_message_id, m.client_ref, null, null, null, null, null)::ingest_status
      from unnest(v_messages) m where m.direction = 'outbound' and m.client_ref is not null);
  elsif json_array_length(v_doc.persons) > 0 then
    v_persons := array(select x from json_populate_recordset(null::ingest_person, v_doc.persons) x);
  end if;
  if json_array_length(v_doc.statuses) > 0 then
    v_statuses := array(select x from json_populate_recordset(null::ingest_status, v_doc.statuses) x);
  end if;
  if json_array_length(v_doc.reactions) > 0 then
    v_reactions := array(select x from json_populate_recordset(null::ingest_reaction, v_doc.reactions) x);
  end if;
  if json_array_length(v_doc.votes) > 0 then
    v_votes := array(select x from json_populate_recordset(null::ingest_vote, v_doc.votes) x);
  end if;
  if json_array_length(v_doc.edits) > 0 then
    v_edits := array(select x from json_populate_recordset(null::ingest_edit, v_doc.edits) x);
  end if;
  if json_array_length(v_doc.files) > 0 then
    v_files := array(select x from json_populate_recordset(null::ingest_file, v_doc.files) x);
  end if;
  if cardinality(v_persons) > 0 then
    v_people := resolve_contacts(v_persons);
    v_contacts := v_people.contacts_of;
    v_renamed := v_people.gained;
    if (cardinality(v_reactions) + cardinality(v_votes) > 0 or exists (select from unnest(v_messages) m where m.sender <> m.person))
      and not hold_contacts(v_persons, v_contacts) then
      raise exception 'a contact went meanwhile' using errcode = '40001';
    end if;
    if v_people.told then v_renamed := v_renamed || update_contacts(v_persons, v_contacts); end if;
  end if;

  if cardinality(v_statuses) + cardinality(v_reactions) + cardinality(v_votes) + cardinality(v_edits) + cardinality(v_files) > 0 then
    v_targets := array(
      select row(s.tenant_id, s.account_id, s.provider_message_id)::ingest_target from unnest(v_statuses) s
      union all select row(r.tenant_id, r.account_id, r.target_id)::ingest_target from unnest(v_reactions) r
      union all select row(v.tenant_id, v.account_id, v.target_id)::ingest_target from unnest(v_votes) v
      union all select row(e.tenant_id, e.account_id, e.target_id)::ingest_target from unnest(v_edits) e
      union all select row(f.tenant_id, f.account_id, f.target_id)::ingest_target from unnest(v_files) f);
  end if;
  perform pg_advisory_xact_lock(k.key) from (
    select distinct message_lock_key(x.account_id, x.target_id) as key from (
      select i.account_id, i.provider_message_id as target_id from unnest(v_messages) i
      union all select t.account_id, t.target_id from unnest(v_targets) t) x order by 1) k;
  if is_erased(v_persons, v_messages, v_targets, v_statuses || v_echoes, v_doc."receivedAtMs") then
    raise exception 'something of this was erased' using errcode = 'P0E01';
  end if;

  if cardinality(v_parties) > 0 then
    v_threads := find_threads(v_parties, v_contacts);
    if array_position(v_threads, null) is not null then
      v_created := open_threads(v_messages, v_contacts);
      v_threads := find_threads(v_parties, v_contacts);
      if cardinality(v_people.made) > 0 and array_position(v_threads, null) is not null then
        v_contacts := forget_unheard(v_people.made, v_parties, v_threads, array(
          select p.n from unnest(v_persons) p where p.consent is not null
          union all select m.sender from unnest(v_messages) m where m.sender <> m.person
          union all select unnest(array[r.person, r.chat]) from unnest(v_reactions) r
          union all select unnest(array[v.person, v.chat]) from unnest(v_votes) v), v_contacts);
      end if;
    end if;
  end if;
  if not lock_threads(v_parties, v_threads, v_contacts, v_targets, v_statuses || v_echoes, v_renamed, old => false) then
    raise exception 'a contact was merged meanwhile' using errcode = '40001';
  end if;

  if cardinality(v_messages) > 0 then
    -- What the batch has, and whether anything waits for one of its messages: nothing can begin to, under the locks above.
    v_alone := cardinality(v_targets) + cardinality(v_renamed) = 0;
    select bool_or(m.direction = 'outbound') as outbound, bool_or(m.reply_provider_id is not null) as quotes, bool_or(m.media is not null) as files,
      exists (select 1 from unnest(v_messages) i join parked w on w.tenant_id = i.tenant_id and w.account_id = i.account_id
        and w.target_id = i.provider_message_id) as parked,
      exists (select 1 from unnest(v_messages) i join messages w on w.tenant_id = i.tenant_id and w.account_id = i.account_id
        and w.reply_provider_id = i.provider_message_id and w.reply_message_id is null) as quoted,
      v_alone and bool_and(m.kind <> 'system' and not m.history and not m.id_within_chat and m.sender = m.person)
        and count(distinct (m.account_id, m.provider_message_id)) = count(*)
        and not exists (select 1 from unnest(v_messages) i join messages w on w.tenant_id = i.tenant_id and w.account_id = i.account_id
          and w.direction = 'inbound' and w.provider_message_id = i.provider_message_id and w.provider_scope = '')
        and not exists (select 1 from unnest(v_parties) p join threads t on t.tenant_id = p.tenant_id and t.id = v_threads[p.n]
          where t.status = 'resolved' and t.assignee_id is not null) as plain
      into v_has from unnest(v_messages) m;
    if v_has.plain and not (v_has.outbound or v_has.quotes or v_has.files or v_has.parked or v_has.quoted) then
      return query select * from write_arrivals(v_messages, v_threads, v_contacts, v_created, v_doc."receivedAtMs");
      return;
    end if;
    if v_has.outbound then v_changed := settle_echoes(v_messages, v_threads); end if;
    v_stored := insert_messages(v_messages, v_threads, v_contacts, v_has.files);
    -- For whoever watches, a message that turns out to be live has just arrived.
    v_new := v_stored.stored || v_stored.promoted;
    if cardinality(v_new) > 0 then
      v_rolled := roll_up_threads(v_messages, v_created, v_stored.promoted);
      v_arrived := v_rolled.arrived;
      v_touched := v_rolled.touched;
      v_reopened := v_rolled.reopened;
    end if;
    if v_has.quotes or v_has.quoted then v_changed := v_changed || link_quotes(v_new, v_has.quotes); end if;
    if v_has.parked or cardinality(v_changed) > 0 then
      v_parked := array(select x from take_parked(v_new || v_changed) x);
      v_statuses := v_statuses || array(select json_populate_record(null::ingest_status, x.item) from unnest(v_parked) x where x.kind = 'status');
      v_reactions := v_reactions || array(select json_populate_record(null::ingest_reaction, x.item) from unnest(v_parked) x where x.kind = 'reaction');
      v_votes := v_votes || array(select json_populate_record(null::ingest_vote, x.item) from unnest(v_parked) x where x.kind = 'vote');
      v_edits := v_edits || array(select json_populate_record(null::ingest_edit, x.item) from unnest(v_parked) x where x.kind in ('edit', 'revoke'));
      v_files := v_files || array(select json_populate_record(null::ingest_file, x.item) from unnest(v_parked) x where x.kind = 'file');
    end if;
  end if;
  if cardinality(v_files) > 0 then
    v_changed := v_changed || apply_files(v_files);
  end if;
  if cardinality(v_statuses) > 0 then
    v_changed := v_changed || apply_statuses(v_statuses);
  end if;
  if cardinality(v_reactions) > 0 then
    v_reactions := array(select row(r.tenant_id, r.account_id, r.target_id, r.by_type, coalesce(r.by_id, v_contacts[r.person]), r.person,
      r.emoji, r.at_ms, r.received_ms, r.chat, coalesce(r.chat_id, v_contacts[r.chat]),
      coalesce(r.by_addresses, v_persons[r.person].addresses), coalesce(r.chat_addresses, v_persons[r.chat].addresses))::ingest_reaction from unnest(v_reactions) r);
    v_changed := v_changed || apply_reactions(v_reactions);
  end if;
  if cardinality(v_votes) > 0 then
    v_votes := array(select row(v.tenant_id, v.account_id, v.target_id, v.by_type, coalesce(v.by_id, v_contacts[v.person]), v.person,
      v.options, v.at_ms, v.received_ms, v.chat, coalesce(v.chat_id, v_contacts[v.chat]),
      coalesce(v.by_addresses, v_persons[v.person].addresses), coalesce(v.chat_addresses, v_persons[v.chat].addresses))::ingest_vote from unnest(v_votes) v);
    v_changed := v_changed || apply_votes(v_votes);
  end if;
  if cardinality(v_edits) > 0 then
    v_edits := array(select row(e.tenant_id, e.account_id, e.target_id, e.direction, coalesce(e.contact_id, v_contacts[e.person]), e.person,
      e.revoked, e.text, e.at_ms, e.received_ms, e.sender, coalesce(e.author_id, v_contacts[e.sender]),
      coalesce(e.chat_addresses, v_persons[e.person].addresses), coalesce(e.author_addresses, v_persons[e.sender].addresses))::ingest_edit from unnest(v_edits) e);
    v_changed := v_changed || apply_edits(v_edits);
  end if;

  v_changes := publish_changes(v_created, v_arrived, v_changed, v_renamed, v_reopened, v_doc."receivedAtMs", v_touched);
  if v_changes is null then return; end if;
  return query select * from log_changes(v_changes);
end
$$;
