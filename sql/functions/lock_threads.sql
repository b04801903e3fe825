-- Cut from migrations/0055_follow_addresses.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Locks every thread that the batch can change, in id order: those of new messages, those of messages that an item is
-- about or names by our reference, and those of contacts that look different. False where a contact was merged away or erased since the batch looked for it:
-- a merge takes the threads away, and a batch that begins anew finds the contact that has the addresses now. False also where
-- the caller does not say that it is not `old`: it began before this migration, and its rows are not what the types are now. Index: threads and messages primary keys, messages_provider_key, threads_contact_key.
create or replace function lock_threads(parties ingest_party[], threads_of uuid[], contacts_of uuid[], targets ingest_target[],
  statuses ingest_status[], renamed row_key[], old boolean default true)
returns boolean language plpgsql as $$
declare
  v_locked bigint;
begin
  if old then return false; end if;
  if cardinality(targets) + cardinality(statuses) + cardinality(renamed) > 0 then
    perform 1 from threads t join (
      select p.tenant_id, threads_of[p.n] as id from unnest(parties) p
      union select m.tenant_id, m.thread_id from unnest(targets) x
        join messages m on m.tenant_id = x.tenant_id and m.account_id = x.account_id
          and m.direction in ('inbound', 'outbound') and m.provider_message_id = x.target_id
      union select m.tenant_id, m.thread_id from unnest(statuses) s
        join messages m on m.tenant_id = s.tenant_id and m.id = s.client_ref
      union select th.tenant_id, th.id from unnest(renamed) k join threads th on th.tenant_id = k.tenant_id and th.contact_id = k.id) w
      on w.tenant_id = t.tenant_id and w.id = t.id
    order by t.tenant_id, t.id for no key update of t;
  end if;
  perform 1 from unnest(parties) p
    join threads t on t.tenant_id = p.tenant_id and t.id = threads_of[p.n] and t.contact_id = contacts_of[p.person]
        and t.erased_at is null
    order by t.tenant_id, t.id for no key update of t;
  get diagnostics v_locked = row_count;
  return v_locked = cardinality(array_remove(threads_of, null));
end
$$;
