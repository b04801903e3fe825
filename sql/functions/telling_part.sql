-- Cut from migrations/0057_list_by_slot.sql by scripts/dump-schema.mjs: change it by a new migration.

-- What of a name the trigrams are asked for, as a pattern. Words that more than 10 of the newest 100 customers have are left
-- out, and those without a trigram: they tell little, and their entries are as many as there are customers. Where no word
-- tells more, all are asked for. Indexes: threads_by_activity, contacts primary key. No locks.
create or replace function telling_part(q text) returns text language sql stable set enable_indexscan = on as $$
  with newest as materialized (
    select lower(c.display_name) as name
    from (select t.tenant_id, t.contact_id from threads t where t.tenant_id = session_tenant() and t.activity_slot > '-infinity'
      order by t.activity_slot desc, t.last_activity_at desc, t.id desc limit 100) t
    join contacts c on c.tenant_id = t.tenant_id and c.id = t.contact_id
  ), words as (
    select w.word, w.n,
      w.word ~ '[a-z0-9]{3}' and (select count(*) from newest n where strpos(n.name, w.word) > 0) <= 10 as tells
    from string_to_table(lower(q), ' ') with ordinality as w (word, n)
  )
  select '%' || case when bool_or(w.tells) then string_agg(case when w.tells then like_escape(w.word) else '%' end, ' ' order by w.n)
    else like_escape(lower(q)) end || '%' from words w
$$;
