-- safe: a function, and rows of a small table that wait for ever, which is locked for as long as it is read. The release before
-- goes on working, with the function as it is now.

-- Takes all that they say out of these messages: the rows stay, for who counts them. Their files are to go from the store, at
-- once, or when whoever fetches one now is through, by a quarter of an hour at the latest. Indexes: primary keys;
-- reaction_sends_by_message. The caller holds the messages' keys and their threads.
create or replace function empty_messages(tenant uuid, contact uuid, ids uuid[]) returns void language plpgsql as $$
begin
  insert into erased_messages (tenant_id, account_id, key)
    select distinct tenant, m.account_id, erased_key(x.id) from messages m
      cross join lateral (values (m.provider_message_id), (case when m.direction = 'outbound' then m.id::text end)) x (id)
    where m.tenant_id = tenant and m.id = any (ids) and x.id is not null
    order by 2, 3
    on conflict do nothing;
  -- What a member has uploaded is never due to be fetched.
  insert into erased_files (tenant_id, media_id, contact_id, due_at)
    select tenant, f.id, contact, case when f.state <> 'pending' then now()
        else least(greatest(now(), f.next_attempt_at), now() + interval '15 minutes') end
      from messages m join media f on f.tenant_id = m.tenant_id and f.id = m.media_id
    where m.tenant_id = tenant and m.id = any (ids)
    on conflict do nothing;
  delete from media f using messages m
    where m.tenant_id = tenant and m.id = any (ids) and f.tenant_id = m.tenant_id and f.id = m.media_id;
  delete from reactions r where r.tenant_id = tenant and r.message_id = any (ids);
  delete from poll_votes v where v.tenant_id = tenant and v.message_id = any (ids);
  delete from reaction_sends s where s.tenant_id = tenant and s.message_id = any (ids);
  update messages m set text = null, content = null, media_id = null, author_name = null, error = null,
      provider_message_id = null, reply_provider_id = null, reply_message_id = null,
      revoked_at = coalesce(m.revoked_at, now()), version = m.version + 1
    where m.tenant_id = tenant and m.id = any (ids);
end
$$;

-- Of erasures that were asked for before; a step that is under way with the function as it was fails, and is done again.
update erased_files set due_at = now() where due_at = 'infinity';
alter table erased_files add constraint erased_files_due_at_check check (isfinite(due_at));
