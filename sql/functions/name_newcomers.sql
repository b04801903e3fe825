-- Cut from migrations/0029_write_arrivals_at_once.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Ids for persons whom nobody knows yet. Whoever writes from the number that another person of the batch changed to is
-- that person, as they would be in the next batch; `linked`: whether anybody of it changed to another number.
create or replace function name_newcomers(persons ingest_person[], known uuid[], linked boolean) returns uuid[] language plpgsql as $$
declare
  v_contacts uuid[];
  v_same record;
begin
  v_contacts := array(select coalesce(known[p.n], case when p.known_only is not true then uuidv7() end)
    from unnest(persons) p order by p.n);
  if not linked then return v_contacts; end if;
  for v_same in
    with addresses as (
      select p.n, p.tenant_id, a.type, a.key, a.link is true as link
      from unnest(persons) p cross join lateral unnest(p.addresses) a
    )
    select own.n, changed.n as changed_n from addresses changed
    join addresses own on own.tenant_id = changed.tenant_id and own.type = changed.type and own.key = changed.key and not own.link
    where changed.link and own.n <> changed.n and known[own.n] is null
    order by changed.n
  loop
    v_contacts[v_same.n] := v_contacts[v_same.changed_n];
  end loop;
  return v_contacts;
end
$$;
