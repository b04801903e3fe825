-- Cut from migrations/0047_erase_tenants.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Deletes up to `most` rows of a business from a table whose keys begin with `tenant_id`, partition by partition; returns how many went.
-- Index: what begins with tenant_id in each. Locks these rows, and those that hang on them.
create or replace function erase_rows(tenant uuid, rows_of text, most int) returns int language plpgsql
  set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
declare
  v_part regclass;
  v_left int := most;
  v_count int;
begin
  for v_part in select coalesce(i.inhrelid, c.oid)::regclass from pg_class c left join pg_inherits i on i.inhparent = c.oid
    where c.oid = rows_of::regclass order by 1
  loop
    execute format('delete from %1$s where ctid = any (array(select ctid from %1$s where tenant_id = $1 limit $2))', v_part)
      using tenant, v_left;
    get diagnostics v_count = row_count;
    v_left := v_left - v_count;
    exit when v_left <= 0;
  end loop;
  return most - v_left;
end
$$;
