-- Cut from migrations/0035_shape_by_types.sql by scripts/dump-schema.mjs: change it by a new migration.

create or replace function log_event_json(e tenant_events) returns json language sql stable as $$
  select row_to_json(row(e.seq, iso(e.at), e.type, e.thread_id, e.assignee_before, e.assignee_after, e.created,
    e.received_at_ms, e.data)::shown_event)
$$;
