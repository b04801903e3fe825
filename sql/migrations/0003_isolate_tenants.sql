-- safe: a role for everything that serves users, and row-level security for it. Workers run as the owner.
do $$
begin
  if not exists (select 1 from pg_roles where rolname = 'hunfly_app') then
    create role hunfly_app nologin;
  end if;
exception when duplicate_object or unique_violation then null; -- roles are shared by all databases of a cluster
end
$$;
grant hunfly_app to current_user;
grant usage on schema public to hunfly_app;

-- What the role may touch at all: no journal, no dead letters, no passwords, no credentials of accounts.
grant select on tenants, tenant_members, tenant_logs, contacts, contact_addresses, threads, messages, reactions,
  media, notes, tags, tenant_events, commands to hunfly_app;
grant select (tenant_id, id, provider, external_id, name, phone, api_base_url, read_receipts, state, state_reason, version, disabled_at, created_at)
  on whatsapp_accounts to hunfly_app;
grant select on contact_entities, thread_entities, message_entities, note_entities, member_entities, account_entities to hunfly_app;
grant insert, update on contacts, contact_addresses, threads, messages, reactions, media, commands to hunfly_app;
grant insert on notes, tags, audit_log to hunfly_app;

do $$
declare name text;
begin
  foreach name in array array['tenant_members', 'tenant_logs', 'whatsapp_accounts', 'contacts', 'contact_addresses', 'threads',
    'messages', 'reactions', 'media', 'notes', 'tags', 'tenant_events', 'commands', 'audit_log', 'parked', 'dead_letters'] loop
    execute format('alter table %I enable row level security', name);
    -- The sub-select is evaluated once per statement, so the policy is an index condition, not a filter per row.
    execute format('create policy own_tenant on %I to hunfly_app using (tenant_id = (select session_tenant())) '
      'with check (tenant_id = (select session_tenant()))', name);
  end loop;
end
$$;
alter table tenants enable row level security;
create policy own_tenant on tenants to hunfly_app using (id = (select session_tenant()));

-- User text as a literal in LIKE.
create function like_escape(q text) returns text language sql immutable parallel safe as $$
  select replace(replace(replace(q, '\', '\\'), '%', '\%'), '_', '\_')
$$;

-- Every word as a prefix, all must occur; empty input matches nothing.
create function prefix_query(q text) returns tsquery language sql immutable parallel safe as $$
  select coalesce(string_agg(quote_literal(word) || ':*', ' & '), '')::tsquery
  from (select unnest(tsvector_to_array(to_tsvector('simple', q))) as word) words
$$;

-- Search runs as the owner because the text operators are not leakproof, and row-level security would then keep the
-- planner from using the GIN indexes. It names the tenant itself and returns ids only; the caller's own query applies
-- the policies and the member's visibility to them.
-- Names and numbers: contacts_by_name, contact_addresses_by_value. Texts: messages_search.
create function search_threads(q text, cap int) returns setof uuid
language sql stable security definer set search_path = public as $$
  select t.id from threads t
  where t.tenant_id = session_tenant() and t.contact_id in (
    select c.id from contacts c where c.tenant_id = session_tenant() and lower(c.display_name) like '%' || lower(like_escape(q)) || '%'
    union
    select a.contact_id from contact_addresses a
    where a.tenant_id = session_tenant() and length(regexp_replace(q, '\D', '', 'g')) >= 3
      and a.value like '%' || regexp_replace(q, '\D', '', 'g') || '%')
  union
  select m.thread_id from (
    select thread_id from messages
    where tenant_id = session_tenant() and to_tsvector('simple', coalesce(text, '')) @@ prefix_query(q) limit cap * 20) m
$$;
