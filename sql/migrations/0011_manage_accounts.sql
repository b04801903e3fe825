-- safe: new columns with defaults, a table, grants and functions; the running release does not look at them.

alter table whatsapp_accounts
  -- Meta's WhatsApp Business Account: what webhooks about templates and restrictions name instead of a number.
  add column business_id text,
  -- The number is used by the WhatsApp Business app as well.
  add column coexistence boolean not null default false,
  -- Since when webhooks of it are applied; what waits in the dead letters from before is applied then.
  add column enabled_at timestamptz not null default now(),
  -- That there is one may be seen by those who must not read it.
  add column has_token boolean not null generated always as (token_ciphertext is not null) stored;
update whatsapp_accounts set enabled_at = created_at;
create index whatsapp_accounts_by_business on whatsapp_accounts (business_id) where business_id is not null;

-- What the carriers said of a number and when they are asked next. Apart from the account, because it changes all the time.
create table account_upkeep (
  tenant_id uuid not null,
  account_id uuid not null,
  health json,
  checked_at timestamptz,
  next_check_at timestamptz not null default now(),
  -- Since when an instance has been trying to connect; null while it is not.
  connecting_since timestamptz,
  -- A state that the check cannot judge (a refused send, a webhook about a restriction) is not lifted before.
  held_until timestamptz,
  -- When the last webhook came, to about 20 s.
  heard_at timestamptz,
  reconciled_at timestamptz,
  next_reconcile_at timestamptz not null default now(),
  templates_synced_at timestamptz,
  next_sync_at timestamptz not null default now(),
  primary key (tenant_id, account_id),
  foreign key (tenant_id, account_id) references whatsapp_accounts (tenant_id, id) on delete cascade
) with (fillfactor = 70);
create index account_upkeep_checks on account_upkeep (next_check_at);
create index account_upkeep_reconciles on account_upkeep (next_reconcile_at);
create index account_upkeep_syncs on account_upkeep (next_sync_at);
insert into account_upkeep (tenant_id, account_id) select tenant_id, id from whatsapp_accounts;

-- Message templates as the carrier has them. `entity` is what clients get, without what is a column here.
create table templates (
  tenant_id uuid not null,
  account_id uuid not null,
  name text not null,
  language text not null,
  provider_id text,
  title text not null,
  category text,
  status text not null check (status in ('approved', 'pending', 'rejected', 'paused', 'disabled', 'unknown')),
  reason text,
  quality text,
  content json not null,
  synced_at timestamptz not null,
  primary key (tenant_id, account_id, name, language),
  foreign key (tenant_id, account_id) references whatsapp_accounts (tenant_id, id) on delete cascade
);

create or replace view account_entities with (security_invoker = true) as
  select a.tenant_id, a.id, json_build_object('id', a.id, 'provider', a.provider, 'name', a.name, 'phone', a.phone,
    'state', a.state, 'stateReason', a.state_reason, 'disabled', a.disabled_at is not null) as entity
  from whatsapp_accounts a;

-- Administrators write credentials through the members' role, which can never read them.
grant insert on whatsapp_accounts to hunfly_app;
grant update (name, phone, account_sid, api_base_url, secret_ciphertext, token_ciphertext, secret_fingerprints,
  read_receipts, state, state_reason, version, disabled_at, business_id, coexistence, enabled_at) on whatsapp_accounts to hunfly_app;
grant select (account_sid, secret_fingerprints, business_id, coexistence, enabled_at, has_token) on whatsapp_accounts to hunfly_app;
grant select, insert, update on account_upkeep to hunfly_app;
grant select on templates to hunfly_app;
do $$
declare name text;
begin
  foreach name in array array['account_upkeep', 'templates'] loop
    execute format('alter table %I enable row level security', name);
    execute format('create policy own_tenant on %I to hunfly_app using (tenant_id = (select session_tenant())) '
      'with check (tenant_id = (select session_tenant()))', name);
  end loop;
end
$$;

-- Sealed secrets stand one after the other, separated by commas, in the order of their fingerprints. Security definer:
-- the members' role changes them without reading them. Both lock the account and return whether there was one to change.
-- Index: whatsapp_accounts primary key.
create function add_account_secret(tenant uuid, account uuid, sealed bytea, fingerprint text) returns boolean
language plpgsql security definer set search_path = public as $$
begin
  if session_tenant() <> tenant then raise exception 'an account of another tenant cannot be changed' using errcode = '42501'; end if;
  update whatsapp_accounts a set secret_ciphertext = coalesce(a.secret_ciphertext || ','::bytea, ''::bytea) || sealed,
      secret_fingerprints = a.secret_fingerprints || fingerprint
    where a.tenant_id = tenant and a.id = account and cardinality(a.secret_fingerprints) < 2;
  return found;
end
$$;
create function drop_first_account_secret(tenant uuid, account uuid) returns boolean
language plpgsql security definer set search_path = public as $$
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
