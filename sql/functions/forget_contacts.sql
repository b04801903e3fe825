-- Cut from migrations/0049_keep_for_a_term.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Forgets who these were. Each leads to itself from now on, so that who looked it up meanwhile begins anew, as after a merge.
-- The caller holds the contacts `for update`. Indexes: primary keys, contact_merges_standing, contact_addresses_by_contact.
create or replace function forget_contacts(tenant uuid, ids uuid[]) returns void language plpgsql as $$
begin
  delete from contact_merges g
    where g.tenant_id = tenant and (g.into_contact_id = any (ids) or g.from_contact_id = any (ids));
  delete from contact_addresses a where a.tenant_id = tenant and a.contact_id = any (ids);
  update contacts c set display_name = '…', named_at = null, phone = null, marketing_consent = null,
      marketing_consent_at = null, merged_into = c.id, version = c.version + 1
    where c.tenant_id = tenant and c.id = any (ids);
end
$$;
