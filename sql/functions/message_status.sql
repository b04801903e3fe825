-- Cut from migrations/0002_shape_entities.sql by scripts/dump-schema.mjs: change it by a new migration.

-- What a message shows. A lattice: every state keeps its own time, the furthest one wins, in any order of arrival.
-- `failed` counts only where nothing proves the opposite.
create or replace function message_status(
  direction text, send_state text, at_sent timestamptz, at_delivered timestamptz,
  at_read timestamptz, at_played timestamptz, at_failed timestamptz
) returns text language sql immutable parallel safe as $$
  select case
    when direction = 'inbound' then 'received'
    when at_played is not null then 'played'
    when at_read is not null then 'read'
    when at_delivered is not null then 'delivered'
    when at_failed is not null then 'failed'
    when at_sent is not null then 'sent'
    when send_state in ('none', 'accepted') then 'sent'
    else send_state
  end
$$;
