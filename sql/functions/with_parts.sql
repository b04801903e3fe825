-- Cut from migrations/0035_shape_by_types.sql by scripts/dump-schema.mjs: change it by a new migration.

-- An object with the fields of another behind its own; itself where there is no other. Not sql: the object would be made
-- twice, to be looked at and to be given, or be copied for nothing. Joined as text, so that parts stay as they were stored.
create or replace function with_parts(entity json, parts json) returns json language plpgsql immutable parallel safe as $$
begin
  if parts is null then return entity; end if;
  return left(entity::text, -1) || ',' || substr(parts::text, 2);
end
$$;
