-- safe: planner statistics of empty tables only; the first ANALYZE replaces them.
--
-- Without statistics the planner takes "one tenant's rows" for a single row, finds that any index which begins with
-- tenant_id is as good as the primary key, and may read a whole tenant to find one message (measured on a fresh
-- database: 180 messages a second instead of 2,300, until autovacuum came by a minute later). These say what every
-- grown installation says: tenants are few, ids are unique.
do $$
declare
  stat record;
begin
  if to_regproc('pg_restore_attribute_stats') is null then return; end if; -- before Postgres 18: wait for autovacuum
  for stat in
    select * from (values
      ('threads', 'tenant_id', 20), ('threads', 'id', -1), ('threads', 'account_id', 40), ('threads', 'contact_id', -1),
      ('threads', 'assignee_id', 200),
      ('messages', 'tenant_id', 20), ('messages', 'id', -1), ('messages', 'account_id', 40), ('messages', 'direction', 2),
      ('messages', 'thread_id', -0.05), ('messages', 'provider_message_id', -1), ('messages', 'position', -1),
      ('contacts', 'tenant_id', 20), ('contacts', 'id', -1),
      ('contact_addresses', 'tenant_id', 20), ('contact_addresses', 'type', 3), ('contact_addresses', 'match_key', -1),
      ('contact_addresses', 'contact_id', -0.8),
      ('reactions', 'tenant_id', 20), ('reactions', 'message_id', -0.9),
      ('media', 'tenant_id', 20), ('media', 'id', -1),
      ('notes', 'tenant_id', 20), ('notes', 'id', -1), ('notes', 'thread_id', -0.3),
      ('parked', 'tenant_id', 20), ('parked', 'account_id', 40), ('parked', 'target_id', -0.5),
      ('commands', 'tenant_id', 20), ('commands', 'member_id', 200), ('commands', 'command_id', -1),
      ('reaction_sends', 'tenant_id', 20), ('reaction_sends', 'id', -1), ('reaction_sends', 'thread_id', -0.5)
    ) as s (relname, attname, n_distinct)
  loop
    perform pg_restore_relation_stats('schemaname', 'public', 'relname', stat.relname, 'relpages', 4000, 'reltuples', 100000::real);
    perform pg_restore_attribute_stats('schemaname', 'public', 'relname', stat.relname, 'attname', stat.attname,
      'inherited', false, 'null_frac', 0::real, 'avg_width', 16, 'n_distinct', stat.n_distinct::real);
  end loop;
end
$$;
