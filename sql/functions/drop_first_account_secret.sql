-- Cut from migrations/0043_end_sessions.sql by scripts/dump-schema.mjs: change it by a new migration.

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
