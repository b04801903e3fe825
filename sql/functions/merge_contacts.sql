-- Cut from migrations/0014_merge_contacts.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Gives the threads and addresses of one contact to another. Both contacts and all their threads are locked, nothing of
-- theirs is on its way to the carrier. Index: contact_addresses_by_contact, threads_contact_key.
create or replace function merge_contacts(tenant uuid, merge uuid, source_contact uuid, target_contact uuid, member uuid) returns void
language plpgsql as $$
declare
  v_merge contact_merges;
  v_pair record;
begin
  insert into contact_merges (tenant_id, id, from_contact_id, into_contact_id, merged_by, before)
    select tenant, merge, source_contact, target_contact, member, json_build_object(
      'phone', c.phone, 'consent', c.marketing_consent, 'consentAt', c.marketing_consent_at,
      'addresses', (select coalesce(json_agg(json_build_object('type', a.type, 'key', a.match_key)), '[]')
        from contact_addresses a where a.tenant_id = tenant and a.contact_id = source_contact),
      'folded', (select coalesce(json_agg(json_build_object('source', s, 'target', t, 'notes',
          array(select n.id from notes n where n.tenant_id = tenant and n.thread_id = s.id))), '[]')
        from threads s join threads t on t.tenant_id = tenant and t.contact_id = target_contact and t.account_id = s.account_id
        where s.tenant_id = tenant and s.contact_id = source_contact),
      'moved', (select coalesce(json_agg(s.id), '[]') from threads s
        where s.tenant_id = tenant and s.contact_id = source_contact and not exists (select 1 from threads t
          where t.tenant_id = tenant and t.contact_id = target_contact and t.account_id = s.account_id)))
    from contacts c where c.tenant_id = tenant and c.id = target_contact
    returning * into v_merge;
  for v_pair in
    select s as source, t as target from threads s
      join threads t on t.tenant_id = tenant and t.contact_id = target_contact and t.account_id = s.account_id
    where s.tenant_id = tenant and s.contact_id = source_contact order by s.id
  loop
    perform fold_thread(v_merge, v_pair.source, v_pair.target);
  end loop;
  -- Threads that stay as they are belong to somebody else, and so do the messages that this person wrote in them.
  perform hand_over_authors(tenant, t.id, source_contact, target_contact) from threads t
    where t.tenant_id = tenant and t.contact_id = source_contact;
  update threads t set contact_id = target_contact where t.tenant_id = tenant and t.contact_id = source_contact;
  update contact_addresses a set contact_id = target_contact where a.tenant_id = tenant and a.contact_id = source_contact;
  update contacts c set merged_into = target_contact, version = c.version + 1 where c.tenant_id = tenant and c.id = source_contact;
  update contacts c set version = c.version + 1, phone = coalesce(c.phone, s.phone),
      marketing_consent = case when s.marketing_consent_at > coalesce(c.marketing_consent_at, '-infinity')
        then s.marketing_consent else c.marketing_consent end,
      marketing_consent_at = greatest(c.marketing_consent_at, s.marketing_consent_at)
    from contacts s where c.tenant_id = tenant and c.id = target_contact and s.tenant_id = tenant and s.id = source_contact;
  update threads t set version = t.version + 1 where t.tenant_id = tenant and t.contact_id = target_contact;
end
$$;
