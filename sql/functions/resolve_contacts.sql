-- Cut from migrations/0055_follow_addresses.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Finds or creates the contact of every person: ids by person number (1-based), null for unknown ones that are only told
-- about; contacts that gained an address; `made`: the newcomers; and `told`: whether any may look different by what its person tells.
-- Index: contact_addresses and contacts primary keys. Locks: transaction advisory locks on addresses nobody has yet, in
-- key order, so that ten first messages of one person make one contact. An address that belongs to somebody else stays
-- there: nothing merges silently.
create or replace function resolve_contacts(persons ingest_person[], out contacts_of uuid[], out gained row_key[], out made uuid[], out told boolean)
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
