-- Cut from migrations/0049_keep_for_a_term.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Whether nothing has happened in a conversation since then and nothing is to come: no message either way, no note, nothing that somebody
-- did and the audit log has; it does not sleep, has not woken since, and nothing of it is on its way to the carrier. Indexes:
-- notes_by_thread, audit_log_by_subject, messages_queued, messages_sending_key, reaction_sends_queued,
-- reaction_sends_sending_key. No locks.
create or replace function is_over(t threads, since timestamptz) returns boolean language plpgsql stable
  set enable_seqscan = off set jit = off
as $$
begin
  return t.erased_at is null and t.status <> 'snoozed'
    and t.last_activity_at < since and t.created_at < since and coalesce(t.woken_at < since, true)
    and not exists (select from notes n where n.tenant_id = t.tenant_id and n.thread_id = t.id and n.created_at >= since)
    and not exists (select from audit_log a where a.tenant_id = t.tenant_id and a.subject_id = t.id::text and a.at >= since)
    and not exists (select from messages m where m.tenant_id = t.tenant_id and m.thread_id = t.id and m.send_state = 'queued')
    and not exists (select from messages m where m.tenant_id = t.tenant_id and m.thread_id = t.id and m.send_state = 'sending')
    and not exists (select from reaction_sends s where s.tenant_id = t.tenant_id and s.thread_id = t.id and s.send_state = 'queued')
    and not exists (select from reaction_sends s where s.tenant_id = t.tenant_id and s.thread_id = t.id and s.send_state = 'sending');
end
$$;
