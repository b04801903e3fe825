-- Cut from migrations/0046_erase_contacts.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Who did what to a contact or a conversation of theirs, for an export: the next entries behind one. Security definer: the
-- members' role cannot read the audit log. Index: audit_log_by_subject, threads_contact_key. No locks.
create or replace function contact_audit(tenant uuid, contact uuid, behind uuid, most int) returns setof audit_log
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select a.* from audit_log a
  where a.tenant_id = tenant and (session_tenant() is null or session_tenant() = tenant) and a.id > behind
    and a.subject_id in (select contact::text union all select t.id::text from threads t
      where t.tenant_id = tenant and t.contact_id = contact)
  order by a.id limit most
$$;
