-- safe: functions, and three indexes of customers and their addresses (new customers wait while they are made: half a
-- minute for a million). What a search costs depends on what it finds, not on how many customers have a part of it.

-- The words come first: a GIN index goes through its columns in this order for every candidate, and all rows of a tenant
-- are candidates for the tenant's (measured with a million customers: 4.6 ms became 0.4).
drop index contacts_by_name;
create index contacts_by_name on contacts using gin (lower(display_name) gin_trgm_ops, tenant_id);
drop index contact_addresses_by_value;
create index contact_addresses_by_value on contact_addresses using gin (value gin_trgm_ops, tenant_id);

-- The letters of a name and its pairs of letters: what a trigram cannot tell, which begins at three, and in a database of
-- locale C only for ASCII.
create function letters_of(name text) returns text[] language sql immutable parallel safe strict as $$
  select string_to_array(name, null) || array(
    select a || b from unnest(string_to_array(name, null), (string_to_array(name, null))[2:]) as u (a, b) where b is not null)
$$;
create index contacts_by_letters on contacts using gin (letters_of(lower(display_name)), tenant_id);

-- The digits of a number or a part of one; null where there are fewer than three.
create function searched_digits(q text) returns text language sql immutable parallel safe as $$
  select case when length(digits) >= 3 then digits end from regexp_replace(q, '\D', '', 'g') as digits
$$;

-- The word of a search that fewest texts contain, as a guess; null where there is none.
create function longest_word(q text) returns text language sql immutable parallel safe as $$
  select lower(lexeme) from unnest(to_tsvector('simple', q)) order by length(lexeme) desc, lexeme limit 1
$$;

-- What of a name the trigrams are asked for, as a pattern. Words that more than 10 of the newest 100 customers have are left
-- out, and those without a trigram: they tell little, and their entries are as many as there are customers. Where no word
-- tells more, all are asked for. Indexes: threads_by_activity, contacts primary key. No locks.
create function telling_part(q text) returns text language sql stable set enable_indexscan = on as $$
  with newest as materialized (
    select lower(c.display_name) as name
    from (select t.tenant_id, t.contact_id from threads t where t.tenant_id = session_tenant()
      order by t.last_activity_at desc, t.id desc limit 100) t
    join contacts c on c.tenant_id = t.tenant_id and c.id = t.contact_id
  ), words as (
    select w.word, w.n,
      w.word ~ '[a-z0-9]{3}' and (select count(*) from newest n where strpos(n.name, w.word) > 0) <= 10 as tells
    from string_to_table(lower(q), ' ') with ordinality as w (word, n)
  )
  select '%' || case when bool_or(w.tells) then string_agg(case when w.tells then like_escape(w.word) else '%' end, ' ' order by w.n)
    else like_escape(lower(q)) end || '%' from words w
$$;

-- Whether a contact that has become this one, in whatever steps, was called so. Indexes: contact_merges_standing, contacts
-- primary key; the planner would join both tables as a whole. No locks.
create function has_merged_name(tenant uuid, contact uuid, q text) returns boolean language sql stable
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
  with recursive merged as (
    select contact as id
    union
    select g.from_contact_id from merged m
    join contact_merges g on g.tenant_id = tenant and g.into_contact_id = m.id and g.undone_at is null
  )
  select exists (select from merged m join contacts c on c.tenant_id = tenant and c.id = m.id
    where strpos(lower(c.display_name), lower(q)) > 0)
$$;

-- Contacts by a part of their name or of a number; a merged one as what it has become. `cap` times 20 hits of each are looked
-- at. Indexes, each as a bitmap, because a plan for few rows of many may read a tenant's whole primary key:
-- contacts_by_name, or contacts_by_letters where three ASCII letters in a row are missing; contact_addresses_by_value. No locks.
create function search_contacts(q text, cap int) returns setof uuid language sql stable
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set enable_indexscan = off
  set max_parallel_workers_per_gather = 0
as $$
  with recursive named as (
    ((select c.id, c.merged_into from contacts c
      where lower(q) ~ '[a-z0-9]{3}' and c.tenant_id = session_tenant()
        and lower(c.display_name) like (select telling_part(q)) and strpos(lower(c.display_name), lower(q)) > 0
      limit cap * 20)
    union all
    (select c.id, c.merged_into from contacts c
      where lower(q) !~ '[a-z0-9]{3}' and c.tenant_id = session_tenant()
        and letters_of(lower(c.display_name)) @> array(
          select l from unnest(letters_of(lower(q))) l where length(l) = least(2, length(q)))
        and strpos(lower(c.display_name), lower(q)) > 0
      limit cap * 20))
    union
    select c.id, c.merged_into from named n join contacts c on c.tenant_id = session_tenant() and c.id = n.merged_into
    where n.merged_into is not null
  )
  select n.id from named n
  union
  -- The end of a number tells most of it; its country and area are those of many.
  (select a.contact_id from contact_addresses a
   where a.tenant_id = session_tenant() and a.value like (select '%' || right(searched_digits(q), 8) || '%')
     and strpos(a.value, (select searched_digits(q))) > 0 limit cap * 20)
$$;

-- Threads of messages that have the words, `cap` times 20 of them. Index: messages_search, as a bitmap as above. No locks.
create function search_texts(q text, cap int) returns setof uuid language sql stable
  set enable_seqscan = off set enable_indexscan = off set max_parallel_workers_per_gather = 0
as $$
  select m.thread_id from (
    select thread_id from messages
    where tenant_id = session_tenant() and to_tsvector('simple', coalesce(text, '')) @@ (select prefix_query(q)) limit cap * 20) m
$$;

-- Threads by what search_contacts and search_texts find. Index: threads_contact_key for each contact, which the planner would
-- give up for the whole table, not knowing how few there are; so it would outside, hence `rows`. No locks.
create or replace function search_threads(q text, cap int) returns setof uuid
language sql stable security definer rows 10 set search_path = public
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off
as $$
  select t.id from search_contacts(q, cap) as found (id)
  join threads t on t.tenant_id = session_tenant() and t.contact_id = found.id
  union
  select found.id from search_texts(q, cap) as found (id)
$$;
