-- safe: a nullable column and a table; the running release does not look at them.

-- What a reconciliation has not read yet: `page` where it goes on, `sinceMs` and `startedMs` of the whole. Null: nothing.
alter table account_upkeep add column reconcile_rest json;

-- One row: when a gateway was last there to take webhooks.
create table gateway_watch (
  one boolean primary key default true check (one),
  at timestamptz not null default now()
);
