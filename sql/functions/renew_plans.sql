-- Cut from migrations/0041_renew_plans_seldom.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Plans are kept for the session. One made while a table was nearly empty reads a whole tenant where a key lookup was
-- meant, and would be kept until the next ANALYZE (measured: 180 messages a second instead of 2,000). So a session makes
-- all its plans anew whenever `messages` is four times as large, until it has two megabytes: four times in all, and then it
-- does not look any more. As floats: the logarithm of a decimal takes 30 µs, and this is asked for each message.
create or replace function renew_plans() returns void language plpgsql as $$
declare
  v_made_at text := current_setting('app.plans_made_at', true);
  v_fourfold text;
begin
  if v_made_at = '4' then return; end if;
  v_fourfold := least(4, ceil(ln(greatest(1, pg_relation_size('messages') / 8192)::float8) / ln(4::float8)))::int::text;
  if v_fourfold is distinct from v_made_at then
    perform set_config('app.plans_made_at', v_fourfold, false);
    execute 'discard plans';
  end if;
end
$$;
