-- Cut from migrations/0051_keep_saved_replies.sql by scripts/dump-schema.mjs: change it by a new migration.

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
