-- Cut from migrations/0049_keep_for_a_term.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Of these conversations those go in which nothing has happened since then, and their contacts where nothing of theirs is left. What goes
-- of a contact that stays is handed to a row that is nobody, so that the next message begins a new conversation; a merge that
-- it was part of cannot be undone any more, which its other conversations show. What somebody holds is left for the next time. Indexes: primary keys,
-- contact_merges_standing, and at is_over and has_threads. Locks, in order: the contacts `for update`, their conversations.
create or replace function end_threads(e erasures, candidates uuid[], since timestamptz)
returns table (thread_id uuid, assignee_id uuid, gone boolean)
language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
#variable_conflict use_column
declare
  v_contacts uuid[];
  v_threads uuid[];
  v_kept uuid[];
  v_gone uuid[];
  v_merged uuid[];
  v_folded uuid[];
  v_unlike uuid[];
  v_others uuid[];
begin
  v_contacts := array(select c.id from contacts c
    where c.tenant_id = e.tenant_id and c.id in (
      select t.contact_id from threads t where t.tenant_id = e.tenant_id and t.id = any (candidates) and is_over(t, since))
    order by c.id for update of c skip locked);
  v_threads := array(select t.id from threads t
    where t.tenant_id = e.tenant_id and t.id = any (candidates) and t.contact_id = any (v_contacts)
    order by t.id for no key update of t skip locked);
  -- Looked at again now that they are held: what was committed while they were being locked counts.
  v_threads := array(select t.id from threads t
    where t.tenant_id = e.tenant_id and t.id = any (v_threads) and t.contact_id = any (v_contacts) and is_over(t, since));
  v_contacts := array(select distinct t.contact_id from threads t where t.tenant_id = e.tenant_id and t.id = any (v_threads));
  v_kept := array(select c from unnest(v_contacts) c where has_threads(e.tenant_id, c, v_threads));

  select coalesce(array_agg(g.from_contact_id), '{}'), coalesce(array_agg(g.into_contact_id), '{}') into v_merged, v_unlike from contact_merges g
    where g.tenant_id = e.tenant_id and g.into_contact_id = any (v_kept) and g.undone_at is null and (
      exists (select from json_array_elements_text(g.before->'moved') m (id) where m.id::uuid = any (v_threads))
      or exists (select from json_array_elements(g.before->'folded') f where (f->'target'->>'id')::uuid = any (v_threads)));
  v_merged := with_merged(e.tenant_id, v_merged);
  v_gone := with_merged(e.tenant_id, array(select c from unnest(v_contacts) c where c <> all (v_kept)));
  -- Conversations that became a part of these: the log still tells of them.
  v_folded := array(select (f.value->'source'->>'id')::uuid from contact_merges g cross join lateral json_array_elements(g.before->'folded') f
    where g.tenant_id = e.tenant_id and g.undone_at is null and (g.into_contact_id = any (v_gone) or g.from_contact_id = any (v_merged)));
  delete from contact_merges g
    where g.tenant_id = e.tenant_id and (g.from_contact_id = any (v_merged) or g.into_contact_id = any (v_merged));
  update contacts c set display_name = '…', phone = null, version = c.version + 1
    where c.tenant_id = e.tenant_id and c.id = any (v_merged);
  update contacts c set version = c.version + 1 where c.tenant_id = e.tenant_id and c.id = any (v_unlike);
  v_others := array(select t.id from threads t
    where t.tenant_id = e.tenant_id and t.contact_id = any (v_unlike) and t.id <> all (v_threads) and t.erased_at is null
    order by t.id for no key update);
  with nobody as materialized (
    select t.id, uuidv7() as contact_id from threads t
    where t.tenant_id = e.tenant_id and t.id = any (v_threads) and t.contact_id = any (v_kept)
  ), made as (
    insert into contacts (tenant_id, id, display_name, merged_into)
      select e.tenant_id, n.contact_id, '…', n.contact_id from nobody n
  )
  update threads t set contact_id = n.contact_id from nobody n where t.tenant_id = e.tenant_id and t.id = n.id;

  perform forget_contacts(e.tenant_id, v_gone);
  update erasures r set thread_ids = r.thread_ids || v_threads || v_folded, contact_ids = r.contact_ids || v_gone,
      other_thread_ids = r.other_thread_ids || v_others
    where r.tenant_id = e.tenant_id and r.contact_id = e.contact_id;
  return query select h.thread_id, h.assignee_id, true from hide_threads(e.tenant_id, v_threads) h;
  return query
    update threads t set version = t.version + 1 where t.tenant_id = e.tenant_id and t.id = any (v_others)
      returning t.id, t.assignee_id, false;
end
$$;
