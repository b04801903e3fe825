-- Cut from migrations/0025_look_once.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Takes over what people tell about themselves, the latest by the provider's clock: name, number, consent. Returns the
-- contacts that look different now. Locks those that change, in id order. Index: contacts primary key,
-- contact_addresses_by_contact.
create or replace function update_contacts(persons ingest_person[], contacts_of uuid[]) returns row_key[] language plpgsql as $$
declare
  v_stale row_key[];
begin
  select array_agg(row(c.tenant_id, c.id)::row_key) into v_stale
  from told_by(persons, contacts_of) p join contacts c on c.tenant_id = p.tenant_id and c.id = p.id
  where (c.display_name <> p.name and (c.named_at is null or c.named_at < p.named_at))
    or (p.consent is not null and (c.marketing_consent_at is null or c.marketing_consent_at < p.consent_at))
    or (coalesce(p.new_phone <> c.phone, c.phone is null) and phone_told(c, p.phone, p.new_phone) is not null);
  if v_stale is null then return '{}'; end if;
  perform 1 from unnest(v_stale) k join contacts c on c.tenant_id = k.tenant_id and c.id = k.id
    order by c.tenant_id, c.id for no key update of c;
  update contacts c set version = c.version + 1,
      display_name = case when p.name is not null and (c.named_at is null or c.named_at < p.named_at) then p.name
        when c.named_at is null then coalesce(phone_told(c, p.phone, p.new_phone), c.display_name) else c.display_name end,
      named_at = greatest(c.named_at, p.named_at),
      phone = coalesce(phone_told(c, p.phone, p.new_phone), c.phone),
      marketing_consent = case when c.marketing_consent_at is null or c.marketing_consent_at < p.consent_at
        then coalesce(p.consent, c.marketing_consent) else c.marketing_consent end,
      marketing_consent_at = greatest(c.marketing_consent_at, p.consent_at)
    from told_by(persons, contacts_of) p join unnest(v_stale) k on k.tenant_id = p.tenant_id and k.id = p.id
    where c.tenant_id = p.tenant_id and c.id = p.id;
  return v_stale;
end
$$;
