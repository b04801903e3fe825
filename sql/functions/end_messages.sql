-- Cut from migrations/0049_keep_for_a_term.sql by scripts/dump-schema.mjs: change it by a new migration.

-- The next messages of the conversations of a term, by conversation and position; how many there were, 0 at the end. Who took part in them
-- and in nothing else goes with them. Indexes: messages_by_thread, and at has_threads. Locks, in order: these
-- contacts `for update`, the keys of the messages, the conversations.
create or replace function end_messages(e erasures, behind_thread uuid, behind text, most int, out reached_thread uuid, out reached text, out amount int)
language plpgsql as $$
declare
  v_ids uuid[] := '{}';
  v_people uuid[];
  v_thread uuid;
  v_found record;
begin
  amount := 0;
  for v_thread in select x.id from unnest(e.thread_ids) x (id) where x.id >= behind_thread order by 1 loop
    select array_agg(x.id) as ids, max(x.position) as position, count(*)::int as amount into v_found from (
      select m.id, m.position from messages m
      where m.tenant_id = e.tenant_id and m.thread_id = v_thread and m.position > case when v_thread = behind_thread then behind else '' end
      order by m.position limit most - amount) x;
    if v_found.amount > 0 then
      reached_thread := v_thread;
      reached := v_found.position;
      amount := amount + v_found.amount;
      v_ids := v_ids || v_found.ids;
    end if;
    exit when amount >= most;
  end loop;
  if amount = 0 then return; end if;
  v_people := array(select c.id from contacts c
    where c.tenant_id = e.tenant_id and c.merged_into is null and c.id in (
      select m.author_id from messages m where m.tenant_id = e.tenant_id and m.id = any (v_ids) and m.author_type = 'contact'
      union all select r.by_id from reactions r where r.tenant_id = e.tenant_id and r.message_id = any (v_ids) and r.by_type = 'contact'
      union all select v.by_id from poll_votes v where v.tenant_id = e.tenant_id and v.message_id = any (v_ids) and v.by_type = 'contact')
    order by c.id for update of c);
  perform lock_erased(e.tenant_id, v_ids);
  perform empty_messages(e.tenant_id, e.contact_id, v_ids);
  update messages m set unread = false, author_id = case when m.author_type <> 'contact' then m.author_id end
    where m.tenant_id = e.tenant_id and m.id = any (v_ids);
  perform forget_contacts(e.tenant_id, with_merged(e.tenant_id, array(
    select p from unnest(v_people) p where not has_threads(e.tenant_id, p, '{}'))));
end
$$;
