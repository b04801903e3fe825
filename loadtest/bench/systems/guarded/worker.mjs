/** The worker with every promise: checked bodies, a journal, the event log; one statement a batch, as on the floor. */
import { randomUUID } from 'node:crypto';

import pino from 'pino';
import postgres from 'postgres';
import { Histogram } from 'prom-client';
import { z } from 'zod';

import { byRoom, finish, readBatch } from '../floor/batches.mjs';
import { floorRedis, CHANNEL } from '../floor/redis.mjs';
import { serveNothing } from '../serve.mjs';

const Message = z.looseObject({
  from: z.string(),
  id: z.string(),
  timestamp: z.string(),
  text: z.object({ body: z.string() }),
});
const Value = z.looseObject({
  metadata: z.object({ phone_number_id: z.string() }),
  contacts: z.array(z.object({ profile: z.object({ name: z.string() }), wa_id: z.string() })).optional(),
  messages: z.array(Message).optional(),
});
const Body = z.object({ entry: z.array(z.object({ changes: z.array(z.object({ value: Value })) })) });

const redis = floorRedis();
const log = pino({ level: 'info' }, pino.destination({ dest: 1, sync: false }));
const applied = new Histogram({ name: 'applied', help: 'Seconds' });
// Tables are looked up row by row in sub-selects; what is joined are this batch's own rows.
const connection = { jit: false, enable_mergejoin: false, enable_seqscan: false };
const sql = postgres(process.env['DATABASE_URL'] ?? '', { max: 1, connection, onnotice: () => {} });

let arrived = 0;

serveNothing();
for (;;) await handleBatch(await readBatch());

/** @param {[string, string[]][]} entries */
async function handleBatch(entries) {
  if (entries.length === 0) return;
  const startedMs = performance.now();
  const rows = rowsOf(entries.map(([, fields]) => fields[3] ?? ''));
  const told = await ingest(JSON.stringify(rows), entries);
  if (told.length > 0) void redis.publish(CHANNEL, byRoom(told));
  finish(redis, entries);
  applied.observe((performance.now() - startedMs) / 1000);
  log.debug({ entries: entries.length, told: told.length }, 'applied');
}

/** @param {string[]} bodies */
function rowsOf(bodies) {
  const values = bodies.flatMap((body) => Body.parse(JSON.parse(body)).entry.flatMap(({ changes }) => changes));
  const rows = values.flatMap(({ value }) => (value.messages ?? []).map((message) => rowOf(value, message)));
  return [...new Map(rows.map((row) => [row.wamid, row])).values()];
}

/**
 * @param {z.infer<typeof Value>} value
 * @param {z.infer<typeof Message>} message
 */
function rowOf({ metadata, contacts }, { from, id, timestamp, text }) {
  arrived += 1;
  return {
    channel: metadata.phone_number_id,
    phone: from,
    name: contacts?.[0]?.profile.name ?? from,
    wamid: id,
    body: text.body,
    at: Number(timestamp),
    position: `${timestamp.padStart(12, '0')}-${String(arrived).padStart(12, '0')}`,
    message_id: randomUUID(),
    thread_id: randomUUID(),
    contact_id: randomUUID(),
  };
}

/**
 * Only right with one writer per number. Index: accounts_channel_key, unique keys. Locks threads, then the tenants' logs.
 *
 * @param {string} rows
 * @param {[string, string[]][]} entries
 * @returns {Promise<{ channel: string, seq: number, type: string, data: any }[]>}
 */
async function ingest(rows, entries) {
  const journal = { ids: entries.map(([id]) => id), channels: entries.map(([, fields]) => fields[1] ?? '') };
  const bodies = entries.map(([, fields]) => fields[3] ?? '');
  return sql`
    with kept as (
      insert into journal (stream_id, channel, body, at)
      select j.id, j.channel, j.body, now()
      from unnest(${journal.ids}::text[], ${journal.channels}::text[], ${bodies}::text[]) as j(id, channel, body)
      on conflict do nothing
    ), raw as (
      select g.*, (select a.tenant_id from accounts a where a.channel = g.channel) as tenant_id,
        (select a.id from accounts a where a.channel = g.channel) as account_id
      from json_to_recordset(${rows}::text::json)
        as g(channel text, phone text, name text, wamid text, body text, at bigint, position text, message_id uuid,
          thread_id uuid, contact_id uuid)
    ), given as materialized (
      select g.* from raw g where (
        select 1 from messages m where m.tenant_id = g.tenant_id and m.account_id = g.account_id
          and m.direction = 'inbound' and m.wamid = g.wamid) is null
    ), people as (
      insert into contacts as c (tenant_id, id, phone, name)
      select tenant_id, (array_agg(contact_id))[1], phone, max(name) from given group by tenant_id, phone order by 1, 3
      on conflict (tenant_id, phone) do update set name = excluded.name
      returning c.*
    ), touched as (
      insert into threads as t (tenant_id, id, account_id, contact_id, unread, last_wamid, last_at, window_expires_at)
      select g.tenant_id, (array_agg(g.thread_id))[1], g.account_id, p.id, count(*),
        (array_agg(g.wamid order by g.position desc))[1], now(), now() + interval '1 day'
      from given g join people p on p.tenant_id = g.tenant_id and p.phone = g.phone
      group by g.tenant_id, g.account_id, p.id order by 1, 4
      on conflict (tenant_id, contact_id, account_id) do update set unread = t.unread + excluded.unread,
        last_wamid = excluded.last_wamid, last_at = excluded.last_at, window_expires_at = excluded.window_expires_at,
        version = t.version + 1
      returning t.*
    ), inserted as (
      insert into messages as m (tenant_id, id, thread_id, account_id, direction, wamid, body, status, unread, at, position)
      select g.tenant_id, g.message_id, t.id, g.account_id, 'inbound', g.wamid, g.body, 'received', true,
        to_timestamp(g.at), g.position
      from given g join people p on p.tenant_id = g.tenant_id and p.phone = g.phone
      join touched t on t.tenant_id = g.tenant_id and t.contact_id = p.id and t.account_id = g.account_id order by g.position
      on conflict do nothing
      returning m.*
    ), changes as (
      select i.tenant_id, 1 as kind, i.position, i.thread_id, 'message.created' as type,
        json_build_object('message', row_to_json(i)) as data from inserted i
      union all
      select t.tenant_id, 2, '', t.id, 'thread.updated', json_build_object('thread', row_to_json(t), 'contact', row_to_json(p))
      from touched t join people p on p.tenant_id = t.tenant_id and p.id = t.contact_id
    ), counted as (
      update logs l set head = l.head + c.n from (select tenant_id, count(*) as n from changes group by tenant_id) c
      where l.tenant_id = c.tenant_id returning l.tenant_id, l.head - c.n as base
    ), told as (
      insert into events as e (tenant_id, seq, at, type, thread_id, data)
      select c.tenant_id, k.base + row_number() over (partition by c.tenant_id order by c.kind, c.position), now(), c.type,
        c.thread_id, c.data
      from changes c join counted k on k.tenant_id = c.tenant_id
      returning e.tenant_id, e.seq, e.type, e.data
    )
    select (select a.channel from accounts a where a.tenant_id = t.tenant_id) as channel, t.seq::int as seq, t.type, t.data
    from told t order by t.seq`;
}
