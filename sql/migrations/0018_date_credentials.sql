-- safe: a column with a default; the running release does not look at it.

-- Since when the stored token is this one: what a carrier says of an older one is out of date. Sealing it anew with another
-- key does not change it.
alter table whatsapp_accounts add column credential_at timestamptz not null default now();
grant select (credential_at), update (credential_at) on whatsapp_accounts to hunfly_app;
