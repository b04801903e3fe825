-- Cut from migrations/0053_end_dead_letters.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Dead letters whose term has ended by then, at most so many, each with whose term found it: a business, or nobody for the
-- installation; one may be found by several. `of_term`: by this one's term alone. `just_open`: none that is closed. Ids begin with
-- when a letter was stored. What is read beyond what is found are letters that are old enough but for a business that keeps longer
-- what came for the same number, or for a gateway's clock that ran ahead. Indexes: tenants_keeping, primary keys of tenants,
-- dead_letters, dead_letter_term and whatsapp_accounts, dead_letters_by_channel, and at letter_ends_at. No locks.
create or replace function ending_letters(ahead interval, of_term uuid, just_open boolean, most int) returns table (term_of uuid, tenant_id uuid, id uuid)
language sql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
  with terms as materialized (
    select t.id, uuidv7(ahead - t.keep_days * interval '24 hours') as until from tenants t
      where t.keep_days is not null and t.keep_from <= now() + ahead and (of_term is null or t.id = of_term)
    union all
    select '00000000-0000-0000-0000-000000000000', uuidv7(ahead - n.keep_days * interval '24 hours') from dead_letter_term n
      where n.keep_from <= now() + ahead and (of_term is null or of_term = '00000000-0000-0000-0000-000000000000')
  )
  select x.term_of, x.tenant_id, x.id from (
    select k.id as term_of, d.tenant_id, d.id, d.provider, d.channel, d.created_at, d.received_at
      from terms k join dead_letters d on d.tenant_id = k.id and d.id < k.until
        and (d.state = 'open' or not just_open)
    union all
    select k.id, d.tenant_id, d.id, d.provider, d.channel, d.created_at, d.received_at
      from terms k join whatsapp_accounts a on a.tenant_id = k.id
      join dead_letters d on d.tenant_id = '00000000-0000-0000-0000-000000000000'
        and d.provider = a.provider and d.channel = a.external_id and d.id < k.until
        and (d.state = 'open' or not just_open)) x
  where letter_ends_at(x.tenant_id, x.provider, x.channel, greatest(x.created_at, x.received_at)) <= now() + ahead
  limit most
$$;
