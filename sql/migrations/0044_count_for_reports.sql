-- safe: four new tables, which housekeeping fills from what is stored. Nothing that is there is changed.

-- How far a tenant's log is counted, up to which instant. An epoch that is not the log's, such as the empty one of a tenant
-- of before: its reports are to be made anew.
create table report_cursors (
  tenant_id uuid primary key references tenants on delete cascade,
  epoch text not null default '',
  seq bigint not null default 0,
  counted_at timestamptz
);

-- Messages of a quarter of an hour, in which days of every time zone begin: those of customers are nobody's.
create table report_slots (
  tenant_id uuid not null references tenants on delete cascade,
  slot timestamptz not null,
  member_id uuid,
  received integer not null default 0,
  sent integer not null default 0,
  constraint report_slots_key unique nulls not distinct (tenant_id, slot, member_id)
);

-- What turned in a conversation: begun, resolved, or answered after a wait. `id` is of the message or of the entry in
-- audit_log that did it. Not bound to the thread, which a merge may take away.
create table report_facts (
  tenant_id uuid not null references tenants on delete cascade,
  thread_id uuid not null,
  id uuid not null,
  at timestamptz not null,
  kind text not null check (kind in ('begun', 'resolved', 'answered')),
  member_id uuid,
  wait_ms bigint check ((wait_ms is not null) = (kind = 'answered')),
  -- Told by audit_log, not by a message.
  audited boolean not null,
  primary key (tenant_id, thread_id, id)
);
create index report_facts_by_time on report_facts (tenant_id, at) include (kind, member_id, wait_ms);

-- Where the count of a conversation stands: behind which of its entries, and since when the customer waits.
create table report_threads (
  tenant_id uuid not null references tenants on delete cascade,
  thread_id uuid not null,
  last_at timestamptz not null,
  last_id uuid not null,
  resolved boolean not null,
  waiting_since timestamptz,
  primary key (tenant_id, thread_id)
);

do $$
declare name text;
begin
  foreach name in array array['report_cursors', 'report_slots', 'report_facts', 'report_threads'] loop
    execute format('alter table %I enable row level security', name);
    execute format('create policy own_tenant on %I for all to hunfly_app
      using (tenant_id = (select session_tenant())) with check (tenant_id = (select session_tenant()))', name);
  end loop;
end
$$;
grant select on report_cursors, report_slots, report_facts to hunfly_app;
