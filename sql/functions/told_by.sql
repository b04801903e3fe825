-- Cut from migrations/0012_ingest_every_kind.sql by scripts/dump-schema.mjs: change it by a new migration.

-- What the persons of a batch tell, one row per contact: the latest name, the latest consent, numbers.
create or replace function told_by(persons ingest_person[], contacts_of uuid[])
returns table (tenant_id uuid, id uuid, name text, named_at timestamptz, consent text, consent_at timestamptz, phone text, new_phone text)
language sql stable as $$
  select p.tenant_id, contacts_of[p.n],
    (array_agg(p.name order by p.named_at_ms desc, p.name) filter (where p.name is not null))[1], ms(max(p.named_at_ms)),
    (array_agg(p.consent order by p.consent_at_ms desc, p.consent) filter (where p.consent is not null))[1], ms(max(p.consent_at_ms)),
    min(p.phone), min(p.new_phone)
  from unnest(persons) p where contacts_of[p.n] is not null group by 1, 2
$$;
