-- Cut from migrations/0046_erase_contacts.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Whether bytes have any of the needles in them, and not as a part of a longer number: a short one is in others' numbers and in
-- times. Escaped, three digits behind a backslash are one byte, two behind a % and four behind a u may be.
create or replace function holds_any(body bytea, needles text[]) returns boolean language sql immutable parallel safe as $$
  select exists (
    select 1 from (select convert_to(x, 'UTF8') as bytes from unnest(needles) x) n
    where case when position(n.bytes in body) > 0 then encode(body, 'escape')
      ~ ('(^|[^0-9]|\\[0-7]{3}|%[[:xdigit:]]{2}|u[[:xdigit:]]{4})' || regexp_replace(encode(n.bytes, 'escape'), '([^A-Za-z0-9])', '\\\1', 'g') || '([^0-9]|$)') end)
$$;
