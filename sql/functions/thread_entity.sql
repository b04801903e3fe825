-- Cut from migrations/0035_shape_by_types.sql by scripts/dump-schema.mjs: change it by a new migration.

create or replace function thread_entity(t threads, contact json, last_message json) returns json language sql stable as $$
  select row_to_json(row(
    t.id, t.tenant_id, t.account_id, contact, t.status, t.assignee_id, t.tags, t.unread_count, last_message,
    iso(t.last_activity_at), iso(t.window_expires_at), iso(t.snoozed_until), t.version, iso(t.created_at))::shown_thread)
$$;
