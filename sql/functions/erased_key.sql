-- Cut from migrations/0046_erase_contacts.sql by scripts/dump-schema.mjs: change it by a new migration.

-- What stands for the id of an erased message.
create or replace function erased_key(id text) returns bytea language sql immutable parallel safe as $$
  select sha256(convert_to(id, 'UTF8'))
$$;
