-- safe: types and functions only. The inbound worker's one statement per batch.

create type ingest_person as (n int, tenant_id uuid, name text, named_at_ms bigint, phone text, addresses json);
create type ingest_address as (ord int, type text, value text, key text);
-- A conversation partner on one account: the future thread. `n` is what items refer to.
create type ingest_party as (n int, tenant_id uuid, account_id uuid, person int);
-- `id` is new for every attempt: a row with this id exists only if this very statement has stored it. `party` is the
-- thread, `person` the conversation partner, `sender` the author.
create type ingest_message as (
  ord int, id uuid, tenant_id uuid, account_id uuid, party int, person int, sender int, direction text, origin text, provider_message_id text,
  kind text, text text, media json, content json, forwarded boolean, reply_provider_id text, sent_ms bigint,
  received_ms bigint, position text, history boolean, window_ms bigint, client_ref uuid, reply_type text, reply_value text
);
create type ingest_status as (
  tenant_id uuid, account_id uuid, provider_message_id text, client_ref uuid, status text, at_ms bigint,
  participant text, error json, received_ms bigint
);
create type ingest_reaction as (
  tenant_id uuid, account_id uuid, target_id text, by_type text, by_id uuid, person int, emoji text, at_ms bigint, received_ms bigint
);
-- Edits (revoked false) and revocations. `person` and `direction` must agree with the stored message.
create type ingest_edit as (
  tenant_id uuid, account_id uuid, target_id text, direction text, contact_id uuid, person int, revoked boolean,
  text text, at_ms bigint, received_ms bigint
);

-- A row of a tenant's table; every lookup names the tenant first.
create type row_key as (tenant_id uuid, id uuid);

create function ms(value bigint) returns timestamptz language sql immutable parallel safe as $$
  select to_timestamp(value / 1000.0)
$$;

-- Serialises "the message arrives" with "something about it arrives": without it both could commit without seeing
-- the other, and what was parked would wait for ever. Taken by ingest_batch and by whoever records a provider id.
create function message_lock_key(account uuid, provider_message_id text) returns bigint
language sql immutable parallel safe as $$ select hashtextextended(account::text || '/' || provider_message_id, 2) $$;

-- The contact of every person, by any of its addresses, the first listed first. Null where nobody has one.
-- Index: contact_addresses primary key.
create function find_contacts(persons ingest_person[]) returns uuid[] language sql stable as $$
  select array_agg(found.contact_id order by p.n)
  from unnest(persons) p left join lateral (
    select ca.contact_id from json_populate_recordset(null::ingest_address, p.addresses) a
    join contact_addresses ca on ca.tenant_id = p.tenant_id and ca.type = a.type and ca.match_key = a.key
    order by a.ord limit 1) found on true
$$;

-- Finds or creates the contact of every person; returns ids by person number (1-based).
-- Locks: transaction advisory locks on addresses nobody has yet, in key order, so that ten first messages of one
-- person make one contact. An address that belongs to somebody else stays there: nothing merges silently.
create function resolve_contacts(persons ingest_person[]) returns uuid[] language plpgsql as $$
declare
  v_contacts uuid[];
  v_missing bigint[];
  v_new int[];
begin
  select array_agg(distinct hashtextextended(p.tenant_id::text || '/' || a.type || '/' || a.key, 1)
                   order by hashtextextended(p.tenant_id::text || '/' || a.type || '/' || a.key, 1)) into v_missing
  from unnest(persons) p cross join lateral json_populate_recordset(null::ingest_address, p.addresses) a
  where not exists (select 1 from contact_addresses ca
    where ca.tenant_id = p.tenant_id and ca.type = a.type and ca.match_key = a.key);
  perform pg_advisory_xact_lock(k) from unnest(v_missing) k;
  -- Looked up only now: an address that was there above has its contact, and one that was not is locked by us.
  v_contacts := find_contacts(persons);
  if v_missing is null then return v_contacts; end if;
  select array_agg(i) into v_new from generate_subscripts(v_contacts, 1) i where v_contacts[i] is null;
  v_contacts := array(select coalesce(c, uuidv7()) from unnest(v_contacts) with ordinality as u (c, i) order by i);
  insert into contacts (tenant_id, id, display_name, named_at, phone)
    select p.tenant_id, v_contacts[p.n], coalesce(p.name, p.phone, 'WhatsApp user'),
           case when p.name is not null then ms(p.named_at_ms) end, p.phone
    from unnest(persons) p where p.n = any (v_new);
  insert into contact_addresses (tenant_id, type, match_key, value, contact_id)
    select p.tenant_id, a.type, a.key, a.value, v_contacts[p.n]
    from unnest(persons) p cross join lateral json_populate_recordset(null::ingest_address, p.addresses) a
    order by 1, 2, 3
    on conflict do nothing;
  return v_contacts;
end
$$;

-- Takes over the names people give themselves, the latest by the provider's clock. Returns the renamed contacts.
-- Locks the contacts that change, in id order. Index: contacts primary key.
create function rename_contacts(persons ingest_person[], contacts_of uuid[]) returns row_key[] language plpgsql as $$
declare
  v_stale row_key[];
begin
  select array_agg(distinct row(c.tenant_id, c.id)::row_key) into v_stale
  from unnest(persons) p join contacts c on c.tenant_id = p.tenant_id and c.id = contacts_of[p.n]
  where p.name is not null and c.display_name <> p.name and (c.named_at is null or c.named_at < ms(p.named_at_ms));
  if v_stale is null then return '{}'; end if;
  perform 1 from unnest(v_stale) k join contacts c on c.tenant_id = k.tenant_id and c.id = k.id
    order by c.tenant_id, c.id for no key update of c;
  update contacts c set display_name = p.name, named_at = ms(p.named_at_ms), version = c.version + 1
    from unnest(persons) p
    where c.tenant_id = p.tenant_id and c.id = contacts_of[p.n] and p.name is not null
      and (c.named_at is null or c.named_at < ms(p.named_at_ms)) and c.display_name <> p.name;
  return v_stale;
end
$$;

-- An outbound webhook item can be our own send, seen before its HTTP answer was recorded: by our reference, or, where
-- the provider has none, the oldest unanswered send of the same content in the thread. It settles that send.
-- Index: messages primary key, messages_sending_key / messages_by_thread.
create function settle_echoes(items ingest_message[], threads_of uuid[]) returns row_key[] language plpgsql as $$
declare
  v_item ingest_message;
  v_id uuid;
  v_settled row_key[] := '{}';
begin
  foreach v_item in array items loop
    continue when v_item.direction <> 'outbound' or v_item.history or exists (
      select 1 from messages m where m.tenant_id = v_item.tenant_id and m.account_id = v_item.account_id
        and m.direction = 'outbound' and m.provider_message_id = v_item.provider_message_id);
    select m.id into v_id from messages m
      where m.tenant_id = v_item.tenant_id and m.thread_id = threads_of[v_item.party] and m.direction = 'outbound'
        and m.provider_message_id is null and m.send_state in ('sending', 'unknown')
        and (m.id = v_item.client_ref or (v_item.client_ref is null and v_item.origin = 'api' and m.kind = v_item.kind
             and coalesce(m.text, '') = coalesce(v_item.text, '')))
      order by m.position limit 1;
    continue when v_id is null;
    update messages m set provider_message_id = v_item.provider_message_id, send_state = 'accepted',
        at_sent = least(m.at_sent, ms(v_item.sent_ms))
      where m.tenant_id = v_item.tenant_id and m.id = v_id;
    v_settled := v_settled || row(v_item.tenant_id, v_id)::row_key;
  end loop;
  return v_settled;
end
$$;

-- Merges delivery states; commutative, associative and idempotent: each state keeps its earliest time.
-- Returns the messages that changed; what finds no message is parked. Index: messages primary key, messages_provider_key.
create function apply_statuses(items ingest_status[]) returns row_key[] language plpgsql as $$
declare
  v_changed row_key[];
  v_found ingest_status[];
begin
  -- The same items with `client_ref` set to the message they belong to, null where there is none yet.
  v_found := array(select row(s.tenant_id, s.account_id, s.provider_message_id, coalesce(
      (select m.id from messages m where m.tenant_id = s.tenant_id and m.id = s.client_ref
         and m.account_id = s.account_id and m.direction = 'outbound'),
      (select m.id from messages m where m.tenant_id = s.tenant_id and m.account_id = s.account_id
         and m.direction = 'outbound' and m.provider_message_id = s.provider_message_id)),
    s.status, coalesce(s.at_ms, s.received_ms), s.participant, s.error, s.received_ms)::ingest_status from unnest(items) s);
  insert into parked (tenant_id, account_id, target_id, kind, dedupe, item)
    select f.tenant_id, f.account_id, f.provider_message_id, 'status', f.status || ':' || f.participant, row_to_json(f)
    from unnest(v_found) f where f.client_ref is null
    on conflict do nothing;
  with merged as (
    select f.tenant_id, f.client_ref as message_id, min(f.provider_message_id) as provider_message_id,
      ms(min(f.at_ms) filter (where f.status = 'sent')) as sent, ms(min(f.at_ms) filter (where f.status = 'delivered')) as delivered,
      ms(min(f.at_ms) filter (where f.status = 'read')) as read, ms(min(f.at_ms) filter (where f.status = 'played')) as played,
      ms(min(f.at_ms) filter (where f.status = 'failed')) as failed,
      (array_agg(f.error order by f.at_ms) filter (where f.status = 'failed'))[1] as error
    from unnest(v_found) f where f.client_ref is not null group by 1, 2
  ), updated as (
    update messages m set
      at_sent = least(m.at_sent, s.sent), at_delivered = least(m.at_delivered, s.delivered),
      at_read = least(m.at_read, s.read), at_played = least(m.at_played, s.played), at_failed = least(m.at_failed, s.failed),
      error = case when s.failed is not null and (m.at_failed is null or s.failed < m.at_failed) then s.error else m.error end,
      provider_message_id = case
        when m.provider_message_id is null and not exists (select 1 from messages o where o.tenant_id = m.tenant_id
          and o.account_id = m.account_id and o.direction = 'outbound' and o.provider_message_id = s.provider_message_id)
        then s.provider_message_id else m.provider_message_id end,
      send_state = case when m.send_state in ('queued', 'sending', 'unknown') then 'accepted' else m.send_state end
    from merged s
    where m.tenant_id = s.tenant_id and m.id = s.message_id and (
      (m.provider_message_id is null and m.send_state in ('queued', 'sending', 'unknown'))
      or s.sent < coalesce(m.at_sent, 'infinity') or s.delivered < coalesce(m.at_delivered, 'infinity')
      or s.read < coalesce(m.at_read, 'infinity') or s.played < coalesce(m.at_played, 'infinity')
      or s.failed < coalesce(m.at_failed, 'infinity'))
    returning m.tenant_id, m.id
  )
  select coalesce(array_agg(row(u.tenant_id, u.id)::row_key), '{}') into v_changed from updated u;
  return v_changed;
end
$$;

-- The last reaction of each person wins, by the provider's clock. Unknown targets are parked.
-- Index: messages_provider_key, reactions primary key.
create function apply_reactions(items ingest_reaction[]) returns row_key[] language sql as $$
  with target as (
    select r.*, (select m.id from messages m where m.tenant_id = r.tenant_id and m.account_id = r.account_id
      and m.direction in ('inbound', 'outbound') and m.provider_message_id = r.target_id limit 1) as message_id
    from unnest(items) r
  ), parking as (
    insert into parked (tenant_id, account_id, target_id, kind, dedupe, item)
      select t.tenant_id, t.account_id, t.target_id, 'reaction', t.by_id || ':' || coalesce(t.at_ms, t.received_ms) || ':' || coalesce(t.emoji, ''),
        json_build_object('tenant_id', t.tenant_id, 'account_id', t.account_id, 'target_id', t.target_id, 'by_type', t.by_type,
          'by_id', t.by_id, 'emoji', t.emoji, 'at_ms', t.at_ms, 'received_ms', t.received_ms)
      from target t where t.message_id is null
      on conflict do nothing
  ), last as (
    select distinct on (t.tenant_id, t.message_id, t.by_type, t.by_id) t.*, ms(coalesce(t.at_ms, t.received_ms)) as at
    from target t where t.message_id is not null
    order by t.tenant_id, t.message_id, t.by_type, t.by_id, coalesce(t.at_ms, t.received_ms) desc, t.emoji desc nulls last
  ), stored as (
    insert into reactions as r (tenant_id, message_id, by_type, by_id, emoji, at)
      select l.tenant_id, l.message_id, l.by_type, l.by_id, l.emoji, l.at from last l
      on conflict (tenant_id, message_id, by_type, by_id) do update set emoji = excluded.emoji, at = excluded.at
        where (excluded.at, coalesce(excluded.emoji, '')) > (r.at, coalesce(r.emoji, ''))
      returning r.tenant_id, r.message_id
  )
  select coalesce(array_agg(distinct row(s.tenant_id, s.message_id)::row_key), '{}') from stored s
$$;

-- Edits (the latest wins) and revocations, only where direction and chat are those of the stored message.
-- Index: messages_provider_key.
create function apply_edits(items ingest_edit[]) returns row_key[] language sql as $$
  with target as (
    select e.*, m.id as message_id, (m.direction = e.direction and (e.contact_id is null or t.contact_id = e.contact_id)) as trusted
    from unnest(items) e
    left join messages m on m.tenant_id = e.tenant_id and m.account_id = e.account_id
      and m.direction in ('inbound', 'outbound') and m.provider_message_id = e.target_id
    left join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
  ), parking as (
    insert into parked (tenant_id, account_id, target_id, kind, dedupe, item)
      select t.tenant_id, t.account_id, t.target_id, case when t.revoked then 'revoke' else 'edit' end,
        coalesce(t.at_ms, 0) || ':' || md5(coalesce(t.text, '')),
        json_build_object('tenant_id', t.tenant_id, 'account_id', t.account_id, 'target_id', t.target_id, 'direction', t.direction,
          'contact_id', t.contact_id, 'revoked', t.revoked, 'text', t.text, 'at_ms', t.at_ms, 'received_ms', t.received_ms)
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
