-- Cut from migrations/0004_ingest_batch.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Serialises "the message arrives" with "something about it arrives": without it both could commit without seeing
-- the other, and what was parked would wait for ever. Taken by ingest_batch and by whoever records a provider id.
create or replace function message_lock_key(account uuid, provider_message_id text) returns bigint
language sql immutable parallel safe as $$ select hashtextextended(account::text || '/' || provider_message_id, 2) $$;
