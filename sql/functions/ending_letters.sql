-- Cut from migrations/0053_end_dead_letters.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Dead letters whose term has ended by then, at most so many, each with whose term found it: a business, or nobody for the
-- installation; one may be found by several. `of_term`: by this one's term alone. `just_open`: none that is closed.
-- Asks once for each number whether this term ends the newest letter that is old enough for it, and so all of them; if another
-- business keeps them longer, that one's term finds them. `offset 0` keeps Postgres from reading letters that are not old enough:
-- ids begin with when one was stored. Indexes: tenants_keeping, primary keys of tenant_erasures, dead_letters and dead_letter_term,
-- whatsapp_accounts_channel_key, whatsapp_accounts_by_channel, dead_letters_by_channel, and at letter_ends_at. No locks.
create or replace function ending_letters(ahead interval, of_term uuid, just_open boolean, most int) returns table (term_of uuid, tenant_id uuid, id uuid)
language sql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
  with terms as materialized (
    select k.id, now() + ahead - k.keep as newest, uuidv7(ahead - k.keep) as until from (
      select t.id, t.keep_days * interval '24 hours' as keep, t.keep_from from tenants t
        where t.keep_days is not null and not exists (select from tenant_erasures e where e.tenant_id = t.id)
      union all
      select '00000000-0000-0000-0000-000000000000', n.keep_days * interval '24 hours', n.keep_from from dead_letter_term n) k
    where k.keep_from <= now() + ahead and (of_term is null or k.id = of_term)
  ), numbers as materialized (
    select k.id, k.newest, k.until, a.provider, a.external_id from terms k join whatsapp_accounts a on a.tenant_id = k.id
    where letter_ends_at('00000000-0000-0000-0000-000000000000', a.provider, a.external_id, k.newest) <= now() + ahead
  )
  select x.term_of, x.tenant_id, x.id from (
    select k.id as term_of, k.newest, d.* from terms k cross join lateral (
      select d.tenant_id, d.id, d.provider, d.channel, d.state, d.created_at, d.received_at from dead_letters d
      where d.tenant_id = k.id and d.id < k.until offset 0) d
    union all
    select k.id, k.newest, d.* from numbers k cross join lateral (
      select d.tenant_id, d.id, d.provider, d.channel, d.state, d.created_at, d.received_at from dead_letters d
      where d.tenant_id = '00000000-0000-0000-0000-000000000000' and d.provider = k.provider and d.channel = k.external_id
        and d.id < k.until offset 0) d) x
  where greatest(x.created_at, x.received_at) <= x.newest and (x.state = 'open' or not just_open)
    and (x.tenant_id <> '00000000-0000-0000-0000-000000000000' or not exists (select from whatsapp_accounts a
      where a.provider = x.provider and a.external_id = x.channel and a.enabled_at > now() + ahead - interval '1 day'))
  limit most
$$;
