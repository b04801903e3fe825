-- safe: a new table with its view, and told_of_rare, which knows two more kinds of events. The release before goes on working; it
-- keeps events of these kinds to itself.

-- Texts that a business answers with again and again. `shortcut` in small letters, so that the key decides without regard to case.
create table saved_replies (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null default uuidv7(),
  shortcut text not null,
  text text not null,
  updated_by uuid not null,
  updated_at timestamptz not null default now(),
  version int not null default 1,
  primary key (tenant_id, id),
  constraint saved_replies_shortcut_key unique (tenant_id, shortcut)
);

alter table saved_replies enable row level security;
create policy own_tenant on saved_replies for all to hunfly_app
  using (tenant_id = (select session_tenant())) with check (tenant_id = (select session_tenant()));
grant select, insert, update, delete on saved_replies to hunfly_app;

create view saved_reply_entities with (security_invoker = true) as
  select r.tenant_id, r.id, json_build_object('id', r.id, 'shortcut', r.shortcut, 'text', r.text,
    'updatedBy', r.updated_by, 'updatedAt', iso(r.updated_at), 'version', r.version) as entity
  from saved_replies r;
grant select on saved_reply_entities to hunfly_app;

-- What the event of a change tells that is neither of a thread nor of a message; null where the entity does not exist. A
-- function, so that nothing of it is prepared for the changes that all others are. Index: primary keys. No locks.
create or replace function told_of_rare(kind text, tenant uuid, subject uuid, thread uuid) returns json language plpgsql stable as $$
begin
  case kind
    when 'note.created' then
      return (select json_build_object('note', e.entity) from note_entities e where e.tenant_id = tenant and e.id = subject);
    when 'member.updated' then
      return (select json_build_object('member', e.entity, 'version', m.version, 'removed', m.removed_at is not null)
        from member_entities e join tenant_members m on m.tenant_id = e.tenant_id and m.id = e.id
        where e.tenant_id = tenant and e.id = subject);
    when 'account.updated' then
      return (select json_build_object('account', e.entity) from account_entities e where e.tenant_id = tenant and e.id = subject);
    when 'saved-reply.updated' then
      return (select json_build_object('savedReply', e.entity) from saved_reply_entities e where e.tenant_id = tenant and e.id = subject);
    when 'tenant.updated' then
      return (select json_build_object('agentVisibility', t.agent_visibility) from tenants t where t.id = tenant);
    when 'sessions.ended' then
      return (select json_build_object('memberId', m.id, 'generation', u.session_generation, 'kept', u.kept_session)
        from tenant_members m join users u on u.id = m.user_id where m.tenant_id = tenant and m.id = subject);
    -- What is gone has no entity to show.
    when 'saved-reply.removed' then return json_build_object('savedReplyId', subject);
    when 'message.removed' then return json_build_object('messageId', subject, 'threadId', thread);
    when 'thread.removed' then return json_build_object('threadId', subject, 'reason',
      case when exists (select 1 from threads t where t.tenant_id = tenant and t.id = subject and t.erased_at is not null)
        then 'erased' else 'merged' end);
    else return null;
  end case;
end
$$;
