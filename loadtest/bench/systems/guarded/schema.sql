-- The product's promises in their barest form: tenants kept apart, a journal, an event log, what lists and search need.
do $$ begin create role guarded_app nologin; exception when duplicate_object then null; end $$;
create extension btree_gin;

create table tenants (id uuid primary key);
create table members (tenant_id uuid not null references tenants, id uuid not null, role text not null, primary key (tenant_id, id));
create table logs (tenant_id uuid primary key references tenants, head bigint not null default 0) with (fillfactor = 50);
create table accounts (tenant_id uuid not null references tenants, id uuid not null, channel text not null unique, primary key (tenant_id, id));
create table contacts (tenant_id uuid not null, id uuid not null, phone text not null, name text not null, primary key (tenant_id, id), unique (tenant_id, phone));

create table threads (
  tenant_id uuid not null,
  id uuid not null,
  account_id uuid not null,
  contact_id uuid not null,
  status text not null default 'open',
  assignee_id uuid,
  unread int not null default 0,
  last_wamid text,
  last_at timestamptz not null,
  window_expires_at timestamptz,
  version int not null default 1,
  primary key (tenant_id, id),
  unique (tenant_id, contact_id, account_id),
  foreign key (tenant_id, account_id) references accounts,
  foreign key (tenant_id, contact_id) references contacts
) with (fillfactor = 80);
create index threads_by_activity on threads (tenant_id, last_at desc, id desc);
create index threads_open_by_assignee on threads (tenant_id, assignee_id, last_at desc, id desc) where status <> 'resolved';
create index threads_unread on threads (tenant_id, assignee_id) where unread > 0 and status <> 'resolved';

create table messages (
  tenant_id uuid not null,
  id uuid not null,
  thread_id uuid not null,
  account_id uuid not null,
  direction text not null,
  wamid text,
  body text not null,
  status text not null,
  unread boolean not null,
  author_id uuid,
  command_id uuid,
  at timestamptz not null,
  position text collate "C" not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, thread_id) references threads
) with (fillfactor = 85);
create unique index messages_wamid on messages (tenant_id, account_id, direction, wamid) where wamid is not null;
create index messages_by_thread on messages (tenant_id, thread_id, position desc);
create index messages_unread on messages (tenant_id, thread_id, position) where unread;
create index messages_queued on messages (tenant_id, thread_id, position) where status = 'queued';
create index messages_search on messages using gin (tenant_id, to_tsvector('simple', body));

create table events (tenant_id uuid not null, seq bigint not null, at timestamptz not null, type text not null, thread_id uuid, data json not null, primary key (tenant_id, seq));
create table journal (stream_id text primary key, channel text not null, body text not null, at timestamptz not null);
create table commands (tenant_id uuid not null, member_id uuid not null, command_id uuid not null, result json not null, primary key (tenant_id, member_id, command_id));

-- The businesses of the round that runs now.
create function tenants_now() returns uuid[] language sql stable as $$ select current_setting('guarded.tenants')::uuid[] $$;
do $$
declare
  kept text;
begin
  foreach kept in array array['members', 'logs', 'accounts', 'contacts', 'threads', 'messages', 'events', 'commands'] loop
    execute format('alter table %I enable row level security', kept);
    execute format('create policy own on %I to guarded_app using (tenant_id = any ((select tenants_now())::uuid[]))', kept);
    execute format('grant select, insert, update on %I to guarded_app', kept);
  end loop;
end
$$;

create type asked as (tenant uuid, member uuid, command uuid, thread uuid, seen int, message uuid, body text, place text);

-- What rights are decided on, and what these commands have answered before, in the order they were asked.
create function known(asked json)
returns table (role text, version int, assignee_id uuid, result json) language plpgsql as $$
#variable_conflict use_column
begin
  perform set_config('guarded.tenants', (select array_agg(a.tenant) from json_populate_recordset(null::asked, asked) a)::text, true);
  return query
    select (select m.role from members m where m.tenant_id = a.tenant and m.id = a.member), t.version, t.assignee_id,
      (select c.result from commands c where c.tenant_id = a.tenant and c.member_id = a.member and c.command_id = a.command)
    from json_populate_recordset(null::asked, asked) with ordinality a
    left join threads t on t.tenant_id = a.tenant and t.id = a.thread
    order by a.ordinality;
end
$$;

-- The messages of a round, one a business at most, in the order of their businesses: each for the thread as the rights
-- were decided on, or nothing; message, thread, two events, kept answer.
create function send(asked json)
returns table (command uuid, seq bigint, type text, data json) language plpgsql as $$
#variable_conflict use_column
begin
  perform set_config('guarded.tenants', (select array_agg(a.tenant) from json_populate_recordset(null::asked, asked) a)::text, true);
  return query
    with given as materialized (
      select * from json_populate_recordset(null::asked, asked)
    ), moved as (
      update threads t set last_at = now(), version = t.version + 1
      from given g where t.tenant_id = g.tenant and t.id = g.thread and t.version = g.seen returning t.*
    ), queued as (
      insert into messages (tenant_id, id, thread_id, account_id, direction, body, status, unread, author_id, command_id, at, position)
      select m.tenant_id, g.message, m.id, m.account_id, 'outbound', g.body, 'queued', false, g.member, g.command, now(), g.place
      from given g join moved m on m.tenant_id = g.tenant
      returning *
    ), counted as (
      update logs l set head = l.head + 2 from moved m where l.tenant_id = m.tenant_id returning l.tenant_id, l.head
    ), told as (
      insert into events (tenant_id, seq, at, type, thread_id, data)
      select q.tenant_id, c.head - 1, now(), 'message.created', q.thread_id, json_build_object('message', row_to_json(q))
      from queued q join counted c on c.tenant_id = q.tenant_id
      union all
      select m.tenant_id, c.head, now(), 'thread.updated', m.id, json_build_object('thread', row_to_json(m), 'contact',
        (select row_to_json(p) from contacts p where p.tenant_id = m.tenant_id and p.id = m.contact_id))
      from moved m join counted c on c.tenant_id = m.tenant_id
      returning tenant_id, seq, type, data
    ), kept as (
      insert into commands
      select g.tenant, g.member, g.command, t.data from told t join given g on g.tenant = t.tenant_id where t.type = 'message.created'
    )
    select g.command, t.seq, t.type, t.data from told t join given g on g.tenant = t.tenant_id order by t.tenant_id, t.seq;
end
$$;
