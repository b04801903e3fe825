-- Cut from migrations/0049_keep_for_a_term.sql by scripts/dump-schema.mjs: change it by a new migration.

-- The first step of an erasure, which everybody sees: who it was is forgotten, their conversations are there for nobody, what
-- was not sent is not sent any more. The contact leads to itself from now on, so that who looked it up meanwhile begins anew,
-- as after a merge. The caller holds the contact `for update` and its threads, and nothing of theirs is on its way.
-- Security definer: the members' role cannot delete what this deletes. Indexes: contacts primary key, contact_merges_standing,
-- contact_addresses_by_contact, threads_contact_key, messages_queued, reaction_sends_queued.
create or replace function begin_erasure(tenant uuid, contact uuid) returns table (thread_id uuid, assignee_id uuid)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
  v_contacts uuid[];
  v_threads uuid[];
  v_folded uuid[];
begin
  if session_tenant() is not null and session_tenant() <> tenant then
    raise exception 'a contact of another tenant cannot be erased' using errcode = '42501';
  end if;
  with recursive parts as (
    select contact as id
    union select g.from_contact_id from parts p join contact_merges g on g.tenant_id = tenant and g.into_contact_id = p.id
      and g.undone_at is null)
  select array(select id from parts) into v_contacts;
  v_threads := array(select t.id from threads t where t.tenant_id = tenant and t.contact_id = any (v_contacts));
  v_folded := array(select (f.value->'source'->>'id')::uuid from contact_merges g
    cross join lateral json_array_elements(g.before->'folded') f
    where g.tenant_id = tenant and g.into_contact_id = any (v_contacts) and g.undone_at is null);

  insert into erasures (tenant_id, contact_id, contact_ids, thread_ids, addresses, needles)
    select tenant, contact, v_contacts, v_threads || v_folded, coalesce(array_agg(a.type || ':' || a.match_key), '{}'),
      coalesce((select array_agg(distinct n) from (
        select unnest(array[b.value, b.match_key,
          regexp_replace(b.match_key, '^55(\d\d)([6-9]\d{7})$', '55\19\2'),
          regexp_replace(b.match_key, '^52(\d{10})$', '521\1'), regexp_replace(b.match_key, '^54(\d{10})$', '549\1')]) as n
        from contact_addresses b where b.tenant_id = tenant and b.contact_id = any (v_contacts) and b.type <> 'username') s
        where length(n) > 6), '{}')
    from contact_addresses a where a.tenant_id = tenant and a.contact_id = any (v_contacts);

  update messages m set send_state = 'failed', status = 'failed', next_attempt_at = null, version = m.version + 1
    where m.tenant_id = tenant and m.thread_id = any (v_threads) and m.send_state = 'queued';
  update reaction_sends s set send_state = 'failed', next_attempt_at = null
    where s.tenant_id = tenant and s.thread_id = any (v_threads) and s.send_state = 'queued';
  perform forget_contacts(tenant, v_contacts);
  return query select h.thread_id, h.assignee_id from hide_threads(tenant, v_threads) h;
end
$$;
