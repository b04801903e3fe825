-- safe: functions, and a view whose columns stay. What most webhooks are, one plain message, takes single rows instead of
-- sets of one: most of what it cost was preparing and ending statements that can do more.

-- A person as others see it; lists without the cost of an aggregate.
create or replace view contact_entities with (security_invoker = true) as
  select c.tenant_id, c.id, json_build_object(
    'id', c.id, 'displayName', c.display_name, 'phone', c.phone, 'marketingConsent', c.marketing_consent,
    'merges', array_to_json(array(
      select json_build_object('id', g.id, 'displayName', f.display_name, 'at', iso(g.merged_at))
      from contact_merges g join contacts f on f.tenant_id = g.tenant_id and f.id = g.from_contact_id
      where g.tenant_id = c.tenant_id and g.into_contact_id = c.id and g.undone_at is null
      order by g.merged_at, g.id)),
    'addresses', array_to_json(array(
      select json_build_object('type', a.type, 'value', a.value) from contact_addresses a
      where a.tenant_id = c.tenant_id and a.contact_id = c.id
      order by a.created_at, a.type, a.value))) as entity
  from contacts c;

-- Plans are kept for the session. One made while a table was nearly empty reads a whole tenant where a key lookup was
-- meant, and would be kept until the next ANALYZE (measured: 180 messages a second instead of 2,000). So a session makes
-- all its plans anew whenever `messages` has doubled, until it has a megabyte: eight times in all, and then it does not
-- look any more.
create or replace function renew_plans() returns void language plpgsql as $$
declare
  v_made_at text := current_setting('app.plans_made_at', true);
  v_doublings text;
begin
  if v_made_at = '8' then return; end if;
  v_doublings := least(8, ceil(log(2, greatest(1, pg_relation_size('messages') / 8192)::numeric)))::int::text;
  if v_doublings is distinct from v_made_at then
    perform set_config('app.plans_made_at', v_doublings, false);
    execute 'discard plans';
  end if;
end
$$;

-- The contact of a person who has all of these addresses or tells nothing new by them; `plain` is false where the person
-- has only some of them, or looks different by what is told. Index: contact_addresses and contacts primary keys. No locks.
create function known_contact(p ingest_person, out contact uuid, out plain boolean) language plpgsql stable as $$
declare
  v_told boolean;
begin
  select ca.contact_id, p.name <> c.display_name and (c.named_at is null or c.named_at < ms(p.named_at_ms))
      or p.phone is not null and c.phone is null
    into contact, v_told
    from contact_addresses ca join contacts c on c.tenant_id = ca.tenant_id and c.id = ca.contact_id
    where ca.tenant_id = p.tenant_id and ca.type = (p.addresses[1]).type and ca.match_key = (p.addresses[1]).key;
  plain := v_told is not true and (cardinality(p.addresses) = 1 or not exists (
    select 1 from unnest(p.addresses[2:]) a left join contact_addresses ca
      on ca.tenant_id = p.tenant_id and ca.type = a.type and ca.match_key = a.key
    where (ca.contact_id is null) <> (contact is null)));
end
$$;

-- A newcomer. The caller holds the locks of the addresses and has seen that nobody has them. Index: primary keys.
create function add_contact(p ingest_person) returns uuid language plpgsql as $$
declare
  v_contact uuid := uuidv7();
begin
  insert into contacts (tenant_id, id, display_name, named_at, phone)
    values (p.tenant_id, v_contact, coalesce(p.name, p.phone,
        case when (p.addresses[1]).type = 'group' then 'WhatsApp group' else 'WhatsApp user' end),
      case when p.name is not null then ms(p.named_at_ms) end, p.phone);
  insert into contact_addresses (tenant_id, type, match_key, value, contact_id)
    select p.tenant_id, a.type, a.key, a.value, v_contact from unnest(p.addresses) a;
  return v_contact;
end
$$;

-- The conversation that a message begins. Index: threads_contact_key. Where somebody began it meanwhile, or the contact was
-- merged away, which the foreign key has waited for, all begins anew.
create function begin_thread(i ingest_message, contact uuid) returns threads language plpgsql as $$
declare
  v_thread threads;
begin
  insert into threads as t (tenant_id, account_id, contact_id, unread_count, last_message_id, last_position, last_activity_at,
      window_expires_at, reply_type, reply_value)
    values (i.tenant_id, i.account_id, contact, 1, i.id, i.position, ms(i.sent_ms), ms(i.window_ms), i.reply_type, i.reply_value)
    on conflict on constraint threads_contact_key do nothing
    returning t.* into v_thread;
  if not found or exists (select 1 from contacts c
      where c.tenant_id = i.tenant_id and c.id = contact and c.merged_into is not null) then
    raise exception 'a contact was merged, or a conversation begun, meanwhile' using errcode = '40001';
  end if;
  return v_thread;
end
$$;

-- What a message does to a conversation that is there. Index: threads primary key. The caller holds it.
create function go_on_with_thread(i ingest_message, thread uuid) returns threads language plpgsql as $$
declare
  v_thread threads;
begin
  update threads t set version = t.version + 1, unread_count = t.unread_count + 1,
      last_message_id = case when i.position > coalesce(t.last_position, '') then i.id else t.last_message_id end,
      last_position = greatest(t.last_position, i.position),
      last_activity_at = greatest(t.last_activity_at, ms(i.sent_ms)),
      window_expires_at = greatest(t.window_expires_at, ms(i.window_ms)),
      reply_type = case when i.position >= coalesce(t.last_position, '') then i.reply_type else t.reply_type end,
      reply_value = case when i.position >= coalesce(t.last_position, '') then i.reply_value else t.reply_value end,
      status = case when t.status in ('resolved', 'snoozed') then 'open' else t.status end,
      snoozed_until = null
    where t.tenant_id = i.tenant_id and t.id = thread
    returning t.* into v_thread;
  return v_thread;
end
$$;

-- A webhook that is one plain message and nothing else, which src/inbox/ingest/arrival.ts decides: the same rows and events
-- as ingest_batch gives for it. Writes nothing and returns nothing where it turns out to be more than plain, because the
-- message is stored already or waited for, its writer looks different now, or its conversation comes back to who closed
-- it: then ingest_batch has to take it. Indexes: contact_addresses, contacts and parked primary keys, threads_contact_key,
-- messages_provider_key, messages_awaiting_quote. Locks, in the order of sql/README.md: addresses that nobody has, the
-- message's key, its thread, the tenant's counter.
create function ingest_arrival(p ingest_person, i ingest_message, stream text, carrier text, proof text, correlation text, body bytea)
returns table (tenant_id uuid, epoch text, seq bigint, type text, received_at_ms bigint, event json)
language plpgsql as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_person record := known_contact(p);
  v_contact uuid := v_person.contact;
  v_thread threads;
  v_begun boolean;
  v_line json := message_line(i.id, i.direction, i.kind, i.text, ms(i.sent_ms), 'received');
  v_message json;
  v_shown json;
  v_log record;
begin
  if not v_person.plain then return; end if;
  if v_contact is null then
    perform pg_advisory_xact_lock(k.key) from (
      select hashtextextended(p.tenant_id::text || '/' || a.type || '/' || a.key, 1) as key from unnest(p.addresses) a order by 1) k;
  end if;
  perform pg_advisory_xact_lock(message_lock_key(i.account_id, i.provider_message_id));
  if v_contact is not null then
    select t.* into v_thread from threads t
      where t.tenant_id = i.tenant_id and t.account_id = i.account_id and t.contact_id = v_contact for no key update;
  end if;
  if v_thread.status = 'resolved' and v_thread.assignee_id is not null
    or exists (select 1 from messages m where m.tenant_id = i.tenant_id and m.account_id = i.account_id
      and m.direction = 'inbound' and m.provider_message_id = i.provider_message_id and m.provider_scope = '')
    or exists (select 1 from parked w where w.tenant_id = i.tenant_id and w.account_id = i.account_id
      and w.target_id = i.provider_message_id)
    or exists (select 1 from messages w where w.tenant_id = i.tenant_id and w.account_id = i.account_id
      and w.reply_provider_id = i.provider_message_id and w.reply_message_id is null)
    or v_contact is null and exists (select 1 from unnest(p.addresses) a join contact_addresses ca
      on ca.tenant_id = p.tenant_id and ca.type = a.type and ca.match_key = a.key) then
    return;
  end if;

  insert into webhook_journal (tenant_id, received_at, stream_id, provider, auth, correlation_id, body)
    values (i.tenant_id, ms(i.received_ms), stream, carrier, proof, correlation, body) on conflict do nothing;
  v_contact := coalesce(v_contact, add_contact(p));
  v_begun := v_thread.id is null;
  v_thread := case when v_begun then begin_thread(i, v_contact) else go_on_with_thread(i, v_thread.id) end;
  insert into messages as m (tenant_id, id, thread_id, account_id, direction, kind, text, content, forwarded, status,
      author_type, author_id, provider_message_id, sent_at, received_at, position, unread)
    values (i.tenant_id, i.id, v_thread.id, i.account_id, i.direction, i.kind, i.text, i.content, i.forwarded, 'received',
      'contact', v_contact, i.provider_message_id, ms(i.sent_ms), ms(i.received_ms), i.position, true)
    returning json_build_object('message', message_entity(m, null, '[]')) into v_message;
  if v_thread.last_message_id <> i.id then
    select message_line(m.id, m.direction, m.kind, case when m.revoked_at is null then m.text end, m.sent_at, m.status) into v_line
      from messages m where m.tenant_id = i.tenant_id and m.id = v_thread.last_message_id;
  end if;
  select json_build_object('thread', thread_entity(v_thread, c.entity, v_line)) into v_shown
    from contact_entities c where c.tenant_id = i.tenant_id and c.id = v_contact;

  update tenant_logs l set head = l.head + 2 where l.tenant_id = i.tenant_id returning l.epoch, l.head into v_log;
  return query
    insert into tenant_events as e (tenant_id, seq, at, type, thread_id, assignee_before, assignee_after, created, received_at_ms, data)
      select i.tenant_id, v_log.head - 2 + c.ord, v_now, c.type, v_thread.id, v_thread.assignee_id, v_thread.assignee_id,
        c.type = 'thread.created', i.received_ms, c.data
      from unnest(case when v_begun then '{thread.created,message.created}' else '{message.created,thread.updated}' end::text[],
        case when v_begun then array[v_shown, v_message] else array[v_message, v_shown] end) with ordinality c (type, data, ord)
      returning e.tenant_id, v_log.epoch, e.seq, e.type, e.received_at_ms, log_event_json(e);
  perform renew_plans();
end
$$;
