-- safe: threads is written anew and five of its indexes are built, in which time nobody reads or writes threads: about half a
-- minute for a million. Lists of the release before sort a whole business's threads until it has gone.

-- Every message moves its thread's last activity. While indexes named that instant, each move wrote all indexes of threads
-- again, and left as many dead entries. They name its slot of ten seconds now: a second move within it writes none (a heap-only
-- update). Within a slot the reader sorts. Not by a function of ours: Postgres parses its text again for each statement that
-- writes threads (measured: 29 of 945 µs per message).
alter table threads
  add column activity_slot timestamptz not null generated always as (date_bin('10 seconds', last_activity_at, timestamptz '2000-01-01 00:00:00+00')) stored,
  add column has_unread boolean not null generated always as (unread_count > 0) stored;

drop index threads_by_activity, threads_by_assignee, threads_open_by_activity, threads_open_by_assignee, threads_unread;
create index threads_by_activity on threads (tenant_id, activity_slot desc);
create index threads_by_assignee on threads (tenant_id, assignee_id, activity_slot desc);
create index threads_open_by_activity on threads (tenant_id, activity_slot desc) where status <> 'resolved';
create index threads_open_by_assignee on threads (tenant_id, assignee_id, activity_slot desc) where status <> 'resolved';
create index threads_unread on threads (tenant_id, assignee_id) where has_unread and status <> 'resolved';
-- A second for a million. Autovacuum would come when a tenth of the threads has changed; until then the planner takes half of
-- them for unread (measured: 229 instead of 0.4 ms for a page of 20 unread among 54,000 that are not resolved).
analyze threads;

-- What of a name the trigrams are asked for, as a pattern. Words that more than 10 of the newest 100 customers have are left
-- out, and those without a trigram: they tell little, and their entries are as many as there are customers. Where no word
-- tells more, all are asked for. Indexes: threads_by_activity, contacts primary key. No locks.
create or replace function telling_part(q text) returns text language sql stable set enable_indexscan = on as $$
  with newest as materialized (
    select lower(c.display_name) as name
    from (select t.tenant_id, t.contact_id from threads t where t.tenant_id = session_tenant() and t.activity_slot > '-infinity'
      order by t.activity_slot desc, t.last_activity_at desc, t.id desc limit 100) t
    join contacts c on c.tenant_id = t.tenant_id and c.id = t.contact_id
  ), words as (
    select w.word, w.n,
      w.word ~ '[a-z0-9]{3}' and (select count(*) from newest n where strpos(n.name, w.word) > 0) <= 10 as tells
    from string_to_table(lower(q), ' ') with ordinality as w (word, n)
  )
  select '%' || case when bool_or(w.tells) then string_agg(case when w.tells then like_escape(w.word) else '%' end, ' ' order by w.n)
    else like_escape(lower(q)) end || '%' from words w
$$;

-- Takes a folded thread out of the other again: its own messages and notes, as they are by now. What came after the merge
-- stays. The surviving thread gets back what the merge gave it, where nobody has changed it since.
create or replace function unfold_thread(merge contact_merges, source threads, target threads, note_ids uuid[]) returns void language plpgsql as $$
declare
  v_ids uuid[] := array(select m.message_id from merged_messages m
    where m.tenant_id = merge.tenant_id and m.merge_id = merge.id and m.thread_id = source.id);
  v_status text := case when 'open' in (source.status, target.status) then 'open' else target.status end;
begin
  source.version := source.version + 1;
  source.last_message_id := null;
  source.last_position := null;
  -- Every column but the generated ones.
  insert into threads (tenant_id, id, account_id, contact_id, status, assignee_id, tags, unread_count, last_message_id, last_position,
      last_activity_at, window_expires_at, snoozed_until, reply_type, reply_value, version, created_at, erased_at, woken_at)
    values (source.tenant_id, source.id, source.account_id, source.contact_id, source.status, source.assignee_id,
      source.tags, source.unread_count, source.last_message_id, source.last_position, source.last_activity_at,
      source.window_expires_at, source.snoozed_until, source.reply_type, source.reply_value, source.version,
      source.created_at, source.erased_at, source.woken_at);
  perform hand_over_messages(merge.tenant_id, v_ids, source.id, merge.into_contact_id, merge.from_contact_id);
  delete from merged_messages m where m.tenant_id = merge.tenant_id and m.merge_id = merge.id and m.thread_id = source.id;
  update notes n set thread_id = source.id where n.tenant_id = merge.tenant_id and n.id = any (note_ids);
  update threads t set
      status = case when t.status = v_status then target.status else t.status end,
      snoozed_until = case when t.status = v_status then target.snoozed_until else t.snoozed_until end,
      assignee_id = case when target.assignee_id is null and t.assignee_id = source.assignee_id then null else t.assignee_id end,
      tags = array(select tag from unnest(t.tags) tag where tag = any (target.tags) or tag <> all (source.tags) order by tag),
      window_expires_at = case when later.inbound then t.window_expires_at else target.window_expires_at end,
      last_activity_at = greatest(target.last_activity_at, later.at),
      reply_type = case when later.inbound then t.reply_type else target.reply_type end,
      reply_value = case when later.inbound then t.reply_value else target.reply_value end
    from (select coalesce(bool_or(m.direction = 'inbound'), false) as inbound, max(m.sent_at) as at from messages m
      where m.tenant_id = merge.tenant_id and m.thread_id = target.id and not m.history and m.received_at >= merge.merged_at) later
    where t.tenant_id = merge.tenant_id and t.id = target.id;
  perform recount_thread(merge.tenant_id, source.id);
  perform recount_thread(merge.tenant_id, target.id);
end
$$;
