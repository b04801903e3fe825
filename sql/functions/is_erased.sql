-- Cut from migrations/0047_erase_tenants.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Whether anything of a batch was erased: its business; a message, or what is about one, whether that is through or not; or of a
-- person whose erasure was asked for after the batch was received. Index: tenant_erasures and erased_messages primary keys, erasures_running,
-- messages_provider_key, messages and threads primary keys. Locks nothing: the caller holds the keys of the messages.
create or replace function is_erased(persons ingest_person[], items ingest_message[], targets ingest_target[], statuses ingest_status[], received_ms bigint)
returns boolean language plpgsql stable as $$
begin
  if exists (select 1 from tenant_erasures) and exists (
    select 1 from tenant_erasures e where e.tenant_id in (
      select p.tenant_id from unnest(persons) p union all select i.tenant_id from unnest(items) i
      union all select t.tenant_id from unnest(targets) t union all select s.tenant_id from unnest(statuses) s)) then
    return true;
  end if;
  -- Most have never erased anything. The row of an erasure stays, and is there before the first hash of it.
  if not exists (select 1 from erasures) then return false; end if;
  if exists (
    select 1 from (
      select i.tenant_id, i.account_id, i.provider_message_id as id from unnest(items) i
      union all select i.tenant_id, i.account_id, i.client_ref::text from unnest(items) i where i.client_ref is not null
      union all select t.tenant_id, t.account_id, t.target_id from unnest(targets) t
      union all select s.tenant_id, s.account_id, s.client_ref::text from unnest(statuses) s where s.client_ref is not null) x
    join erased_messages e on e.tenant_id = x.tenant_id and e.account_id = x.account_id and e.key = erased_key(x.id)) then
    return true;
  end if;
  if not exists (select 1 from erasures r where r.finished_at is null) then return false; end if;
  return exists (
      select 1 from unnest(persons) p cross join lateral unnest(p.addresses) a
      join erasures r on r.tenant_id = p.tenant_id and r.finished_at is null and r.requested_at >= ms(received_ms)
        and a.type || ':' || a.key = any (r.addresses))
    or exists (
      select 1 from (
        select i.tenant_id, i.account_id, i.provider_message_id as id from unnest(items) i
        union all select t.tenant_id, t.account_id, t.target_id from unnest(targets) t) x
      join messages m on m.tenant_id = x.tenant_id and m.account_id = x.account_id and m.direction in ('inbound', 'outbound')
        and m.provider_message_id = x.id
      join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id and t.erased_at is not null)
    or exists (
      select 1 from unnest(statuses) s join messages m on m.tenant_id = s.tenant_id and m.id = s.client_ref
      join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id and t.erased_at is not null);
end
$$;
