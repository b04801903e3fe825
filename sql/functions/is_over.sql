-- Cut from migrations/0049_keep_for_a_term.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Whether nothing has happened in a conversation since then and nothing is to come: no message was taken in or tried to be sent, however
-- old it is itself, no note, nothing that somebody did to it or its contact and the audit log has, no merge that they may want to undo; it
-- does not sleep, has not woken since, and nothing of it is on its way to the carrier. Its messages are read last, all of them: by then it
-- mostly goes. Indexes: notes_by_thread, audit_log_by_subject, contact_merges_standing, messages_queued, messages_sending_key,
-- reaction_sends_queued, reaction_sends_sending_key, messages_by_thread. No locks.
create or replace function is_over(t threads, since timestamptz) returns boolean language plpgsql stable
  set enable_seqscan = off set jit = off
as $$
begin
  return t.erased_at is null and t.status <> 'snoozed'
    and t.last_activity_at < since and t.created_at < since and coalesce(t.woken_at < since, true)
    and not exists (select from notes n where n.tenant_id = t.tenant_id and n.thread_id = t.id and n.created_at >= since)
    and not exists (select from audit_log a
      where a.tenant_id = t.tenant_id and a.subject_id in (t.id::text, t.contact_id::text) and a.at >= since)
    and not exists (select from contact_merges g
      where g.tenant_id = t.tenant_id and g.into_contact_id = t.contact_id and g.undone_at is null and g.merged_at >= since)
    and not exists (select from messages m where m.tenant_id = t.tenant_id and m.thread_id = t.id and m.send_state = 'queued')
    and not exists (select from messages m where m.tenant_id = t.tenant_id and m.thread_id = t.id and m.send_state = 'sending')
    and not exists (select from reaction_sends s where s.tenant_id = t.tenant_id and s.thread_id = t.id and s.send_state = 'queued')
    and not exists (select from reaction_sends s where s.tenant_id = t.tenant_id and s.thread_id = t.id and s.send_state = 'sending')
    and not exists (select from messages m where m.tenant_id = t.tenant_id and m.thread_id = t.id
      and greatest(m.received_at, m.attempt_started_at, m.at_failed) >= since);
end
$$;
