-- Cut from migrations/0049_keep_for_a_term.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Whether a contact has a conversation but for these, or takes part in one. Indexes: threads_contact_key,
-- messages_by_participant, reactions_by_contact, poll_votes_by_contact, primary keys. No locks.
create or replace function has_threads(tenant uuid, contact uuid, but_for uuid[]) returns boolean language plpgsql stable
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
begin
  return exists (
      select from threads t where t.tenant_id = tenant and t.contact_id = contact and t.erased_at is null and t.id <> all (but_for))
    or exists (
      select from messages m join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
      where m.tenant_id = tenant and m.author_id = contact and m.author_name is not null
        and t.erased_at is null and t.id <> all (but_for))
    or exists (
      select from reactions r join messages m on m.tenant_id = r.tenant_id and m.id = r.message_id
        join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
      where r.tenant_id = tenant and r.by_type = 'contact' and r.by_id = contact
        and t.erased_at is null and t.id <> all (but_for))
    or exists (
      select from poll_votes v join messages m on m.tenant_id = v.tenant_id and m.id = v.message_id
        join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
      where v.tenant_id = tenant and v.by_type = 'contact' and v.by_id = contact
        and t.erased_at is null and t.id <> all (but_for));
end
$$;
