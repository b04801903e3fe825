-- Cut from migrations/0043_end_sessions.sql by scripts/dump-schema.mjs: change it by a new migration.

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
