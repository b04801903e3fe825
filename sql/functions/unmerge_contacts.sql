-- Cut from migrations/0014_merge_contacts.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Undoes a merge. Both contacts and the threads of the surviving one are locked. Index: contact_addresses primary key.
create or replace function unmerge_contacts(merge contact_merges) returns void language plpgsql as $$
declare
  v_folded record;
begin
  update contacts c set merged_into = null, version = c.version + 1
    where c.tenant_id = merge.tenant_id and c.id = merge.from_contact_id;
  update contacts c set version = c.version + 1,
      phone = case when c.phone = s.phone then merge.before->>'phone' else c.phone end,
      marketing_consent = case when c.marketing_consent_at = s.marketing_consent_at then merge.before->>'consent' else c.marketing_consent end,
      marketing_consent_at = case when c.marketing_consent_at = s.marketing_consent_at
        then (merge.before->>'consentAt')::timestamptz else c.marketing_consent_at end
    from contacts s
    where c.tenant_id = merge.tenant_id and c.id = merge.into_contact_id and s.tenant_id = merge.tenant_id and s.id = merge.from_contact_id;
  update contact_addresses a set contact_id = merge.from_contact_id
    from json_to_recordset(merge.before->'addresses') as b (type text, key text)
    where a.tenant_id = merge.tenant_id and a.type = b.type and a.match_key = b.key and a.contact_id = merge.into_contact_id;
  for v_folded in
    select json_populate_record(null::threads, f.value->'source') as source, json_populate_record(null::threads, f.value->'target') as target,
      array(select n.id::uuid from json_array_elements_text(f.value->'notes') as n (id)) as notes
    from json_array_elements(merge.before->'folded') as f (value)
  loop
    perform unfold_thread(merge, v_folded.source, v_folded.target, v_folded.notes);
  end loop;
  perform hand_over_authors(merge.tenant_id, m.id::uuid, merge.into_contact_id, merge.from_contact_id)
    from json_array_elements_text(merge.before->'moved') as m (id);
  update threads t set contact_id = merge.from_contact_id, version = t.version + 1
    from json_array_elements_text(merge.before->'moved') as m (id)
    where t.tenant_id = merge.tenant_id and t.id = m.id::uuid and t.contact_id = merge.into_contact_id;
  update threads t set version = t.version + 1 where t.tenant_id = merge.tenant_id and t.contact_id = merge.into_contact_id;
  update contact_merges m set undone_at = now() where m.tenant_id = merge.tenant_id and m.id = merge.id;
end
$$;
