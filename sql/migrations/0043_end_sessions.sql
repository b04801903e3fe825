-- safe: columns with a constant default, functions, what security definer functions find. A password that is changed ends
-- the sessions that there are, and administrators give a new initial one.

-- `session_generation` grows with every change of the password; a token of an earlier one is none any more. `kept_session`
-- is the session that made the last change, and goes on with a new token.
alter table users add column session_generation integer not null default 0, add column kept_session uuid;

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
    when 'tenant.updated' then
      return (select json_build_object('agentVisibility', t.agent_visibility) from tenants t where t.id = tenant);
    when 'sessions.ended' then
      return (select json_build_object('memberId', m.id, 'generation', u.session_generation, 'kept', u.kept_session)
        from tenant_members m join users u on u.id = m.user_id where m.tenant_id = tenant and m.id = subject);
    -- What is gone has no entity to show.
    when 'message.removed' then return json_build_object('messageId', subject, 'threadId', thread);
    when 'thread.removed' then return json_build_object('threadId', subject, 'reason', 'merged');
    else return null;
  end case;
end
$$;

-- Who has this login of the session's own team, to be changed until commit, and whether they are in another team as well.
-- Security definer: the members' role sees no users. Indexes: primary keys of tenant_members and users,
-- tenant_members_by_user. Lock: the user's row, before any of tenant_members.
create function lock_login(member uuid) returns table (user_id uuid, generation integer, elsewhere boolean)
language plpgsql security definer rows 1 set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
  v_user uuid;
  v_generation integer;
begin
  select u.id, u.session_generation into v_user, v_generation
    from tenant_members m join users u on u.id = m.user_id
    where m.tenant_id = session_tenant() and m.id = member and m.removed_at is null
    for no key update of u;
  if not found then return; end if;
  -- Looked at when the lock is held.
  return query select v_user, v_generation, exists (
    select from tenant_members x where x.user_id = v_user and x.tenant_id <> session_tenant() and x.removed_at is null);
end
$$;

-- Another password for who is of the session's own team and of no other; every session of theirs ends. False for anybody
-- else: additions to another team do not wait for the lock. Security definer: the members' role cannot change users.
-- Indexes: users primary key, tenant_members_user_key, tenant_members_by_user. Lock: the user's row, which the caller has by
-- lock_login.
create function reset_password(person uuid, hash text) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update users u set password_hash = hash, session_generation = u.session_generation + 1, kept_session = null
    where u.id = person
      and exists (select from tenant_members m
        where m.tenant_id = session_tenant() and m.user_id = person and m.removed_at is null)
      and not exists (select from tenant_members x
        where x.user_id = person and x.tenant_id <> session_tenant() and x.removed_at is null);
  return found;
end
$$;

-- Definer functions look for everything where they were made for it, and last in what a caller made for itself.

-- Threads by what search_contacts and search_texts find. Index: threads_contact_key for each contact, which the planner would
-- give up for the whole table, not knowing how few there are; so it would outside, hence `rows`. No locks.
create or replace function search_threads(q text, cap int) returns setof uuid
language sql stable security definer rows 10 set search_path = pg_catalog, public, pg_temp
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off
as $$
  select t.id from search_contacts(q, cap) as found (id)
  join threads t on t.tenant_id = session_tenant() and t.contact_id = found.id
  union
  select found.id from search_texts(q, cap) as found (id)
$$;

-- Numbers and stores changes. Must be the last write of its transaction: it takes the counter rows of the tenants
-- concerned (in tenant order, so that two batches cannot deadlock) and they stay locked until commit.
-- Security definer: a member's own role may append to the log of its tenant but not read or change counters.
create or replace function log_changes(changes change[])
returns table (tenant_id uuid, epoch text, seq bigint, type text, received_at_ms bigint, event json)
language plpgsql rows 3 security definer set search_path = pg_catalog, public, pg_temp
  -- A handful of rows by key, always: on a fresh database without statistics the planner would hash whole tables.
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off
  set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_tenant uuid := session_tenant();
  v_change change;
  v_logged bigint;
begin
  -- One by one: a query would take ten times as long for the two or three that a command changes.
  if v_tenant is not null then
    foreach v_change in array changes loop
      if v_change.tenant_id <> v_tenant then
        raise exception 'a change of another tenant cannot be logged' using errcode = '42501';
      end if;
    end loop;
  end if;
  perform 1 from tenant_logs l
    where l.tenant_id in (select c.tenant_id from unnest(changes) c) order by l.tenant_id for no key update;
  return query
    with numbered as materialized (
      select c.ord, c.tenant_id, c.type, c.id, c.thread_id, c.before, coalesce(c.created, false) as created, c.received_at_ms,
        l.epoch, l.head + row_number() over (partition by c.tenant_id order by c.ord) as seq
      from unnest(changes) c join tenant_logs l on l.tenant_id = c.tenant_id
    ), filled as (
      select n.*, json_build_object('thread', e.entity) as data from numbered n
        join thread_entities e on e.tenant_id = n.tenant_id and e.id = n.id where n.type in ('thread.created', 'thread.updated')
      union all
      select n.*, json_build_object('message', e.entity) from numbered n
        join message_entities e on e.tenant_id = n.tenant_id and e.id = n.id where n.type in ('message.created', 'message.updated')
      union all
      select n.*, d.data from numbered n cross join lateral (select told_of_rare(n.type, n.tenant_id, n.id, n.thread_id) as data) d
        where n.type not in ('thread.created', 'thread.updated', 'message.created', 'message.updated') and d.data is not null
    ), written as (
      insert into tenant_events as e (tenant_id, seq, at, type, thread_id, assignee_before, assignee_after, created, received_at_ms, data)
      select f.tenant_id, f.seq, v_now, f.type, f.thread_id, f.before, t.assignee_id, f.created, f.received_at_ms, f.data
      from filled f left join threads t on t.tenant_id = f.tenant_id and t.id = f.thread_id
      returning e.tenant_id, e.seq, e.type, e.received_at_ms, log_event_json(e) as event
    ), counted as (
      update tenant_logs l set head = w.head
      from (select n.tenant_id, max(n.seq) as head from numbered n group by n.tenant_id) w
      where l.tenant_id = w.tenant_id
      returning l.tenant_id, l.epoch
    )
    select w.tenant_id, k.epoch, w.seq, w.type, w.received_at_ms, w.event
    from written w join counted k on k.tenant_id = w.tenant_id
    order by w.tenant_id, w.seq;
  get diagnostics v_logged = row_count;
  -- A number without an event would be a hole that every client takes for a loss.
  if v_logged <> cardinality(changes) then
    raise exception 'a change names an entity that does not exist' using errcode = '23503';
  end if;
  perform renew_plans();
end
$$;

-- Sealed secrets stand one after the other, separated by commas, in the order of their fingerprints. Security definer:
-- the members' role changes them without reading them. Both lock the account and return whether there was one to change.
-- Index: whatsapp_accounts primary key.
create or replace function add_account_secret(tenant uuid, account uuid, sealed bytea, fingerprint text) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if session_tenant() <> tenant then raise exception 'an account of another tenant cannot be changed' using errcode = '42501'; end if;
  update whatsapp_accounts a set secret_ciphertext = coalesce(a.secret_ciphertext || ','::bytea, ''::bytea) || sealed,
      secret_fingerprints = a.secret_fingerprints || fingerprint
    where a.tenant_id = tenant and a.id = account and cardinality(a.secret_fingerprints) < 2;
  return found;
end
$$;

create or replace function drop_first_account_secret(tenant uuid, account uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if session_tenant() <> tenant then raise exception 'an account of another tenant cannot be changed' using errcode = '42501'; end if;
  -- Where both were sealed together, by an older release, neither can be dropped alone.
  update whatsapp_accounts a set secret_fingerprints = a.secret_fingerprints[2:],
      secret_ciphertext = convert_to(split_part(convert_from(a.secret_ciphertext, 'UTF8'), ',', 2), 'UTF8')
    where a.tenant_id = tenant and a.id = account and cardinality(a.secret_fingerprints) = 2
      and strpos(convert_from(a.secret_ciphertext, 'UTF8'), ',') > 0;
  return found;
end
$$;

-- The user with this address, or a new one with this id: whoever has an id and a password keeps both. Security definer:
-- users belong to no tenant, and the members' role can neither read nor change them. Index: users_email_key. Lock: none;
-- it waits for who adds the same address at this moment.
create or replace function find_or_add_user(new_id uuid, address text, name text, hash text) returns uuid
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  v_id uuid;
begin
  insert into users (id, email, display_name, password_hash) values (new_id, address, name, hash)
    on conflict on constraint users_email_key do nothing returning id into v_id;
  if v_id is null then select u.id into strict v_id from users u where u.email = address; end if;
  return v_id;
end
$$;

-- Addresses of the session's own team, of members who were not removed. Security definer: the members' role sees no users.
-- Indexes: primary keys of tenant_members and users. Lock: none.
create or replace function team_addresses() returns table (member_id uuid, email text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select m.id, u.email from tenant_members m join users u on u.id = m.user_id
  where m.tenant_id = (select session_tenant()) and m.removed_at is null
$$;
