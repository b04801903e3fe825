-- Cut from migrations/0012_ingest_every_kind.sql by scripts/dump-schema.mjs: change it by a new migration.

-- The poll as it is shown: options with the number of people who choose them now. Index: poll_votes primary key.
create or replace function poll_content(tenant uuid, message uuid, content json) returns json language sql stable as $$
  select (content::jsonb || jsonb_build_object('poll', jsonb_build_object(
    'question', coalesce(content->'poll'->>'question', ''),
    'options', coalesce((
      select jsonb_agg(jsonb_build_object('name', coalesce(o.name, ''), 'votes', (
        select count(*) from poll_votes v where v.tenant_id = tenant and v.message_id = message and o.name = any (v.options)))
        order by o.ord)
      from json_array_elements_text(content->'poll'->'options') with ordinality o (name, ord)), '[]'),
    'multiple', coalesce((content->'poll'->>'selectable')::numeric <> 1, true))))::json
$$;
