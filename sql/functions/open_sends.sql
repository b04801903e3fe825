-- Cut from migrations/0030_send_together.sql by scripts/dump-schema.mjs: change it by a new migration.

-- What sends are decided on, the threads held until commit. A row for each that can be decided on at once: whose sender is a
-- member, whose command has no answer yet, and whose thread is there and held by nobody else; none is waited for.
-- Indexes: primary keys of tenant_members, tenants, commands, threads, whatsapp_accounts.
create or replace function open_sends(asked asked_send[])
returns table (n int, role text, agent_visibility text, id uuid, account_id uuid, assignee_id uuid, last_message_id uuid,
  last_position text, window_expires_at timestamptz, provider text, state text, read_receipts text, disabled_at timestamptz)
language plpgsql
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off
  set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
  return query
    select s.n, m.role, b.agent_visibility, t.id, t.account_id, t.assignee_id, t.last_message_id, t.last_position,
      t.window_expires_at, a.provider, a.state, a.read_receipts, a.disabled_at
    from unnest(asked) s
    join tenant_members m on m.tenant_id = s.tenant_id and m.id = s.member_id and m.user_id = s.user_id and m.removed_at is null
    join tenants b on b.id = s.tenant_id
    join threads t on t.tenant_id = s.tenant_id and t.id = s.thread_id
    join whatsapp_accounts a on a.tenant_id = s.tenant_id and a.id = t.account_id
    where not exists (select from commands c
      where c.tenant_id = s.tenant_id and c.member_id = s.member_id and c.command_id = s.command_id)
    for no key update of t skip locked;
end
$$;
