/** The floor's worker: one read, one statement and one publish for a batch of up to 500 webhooks. */
import postgres from 'postgres';

import { byRoom, finish, readBatch } from './batches.mjs';
import { floorRedis, CHANNEL } from './redis.mjs';
import { serveNothing } from '../serve.mjs';

/** @typedef {{ channel: string, contact: string, wamid: string, body: string, at: number, n: number }} Row */

const redis = floorRedis();
// The planner's traps of a small table under a prepared plan: see "how it is tuned" in loadtest/bench/README.md.
const connection = { jit: false, enable_hashjoin: false, enable_mergejoin: false, enable_seqscan: false };
const sql = postgres(process.env['DATABASE_URL'] ?? '', { max: 1, connection, onnotice: () => {} });

serveNothing();
for (;;) await handleBatch(await readBatch());

/** @param {[string, string[]][]} entries */
async function handleBatch(entries) {
  if (entries.length === 0) return;
  const rows = rowsOf(entries.map(([, fields]) => fields[3] ?? ''));
  const fresh = await insertBatch(JSON.stringify(rows));
  if (fresh.length > 0) void redis.publish(CHANNEL, byRoom(fresh));
  finish(redis, entries);
}

/**
 * @param {string[]} bodies
 * @returns {Row[]} one per message, copies within the batch left out
 */
function rowsOf(bodies) {
  /** @type {Map<string, Row>} */
  const rows = new Map();
  for (const { value, message } of bodies.flatMap(messagesOf)) {
    if (rows.has(message.id)) continue;
    rows.set(message.id, {
      channel: value.metadata.phone_number_id,
      contact: message.from,
      wamid: message.id,
      body: message.text.body,
      at: Number(message.timestamp),
      n: rows.size,
    });
  }
  return [...rows.values()];
}

/**
 * @typedef {{ from: string, id: string, timestamp: string, text: { body: string } }} Message
 * @typedef {{ metadata: { phone_number_id: string }, messages?: Message[] }} Value
 */

/**
 * @param {string} body
 * @returns {{ value: Value, message: Message }[]}
 */
function messagesOf(body) {
  /** @type {{ entry: { changes: { value: Value }[] }[] }} */
  const { entry } = JSON.parse(body);
  const values = entry.flatMap(({ changes }) => changes.map(({ value }) => value));
  return values.flatMap((value) => (value.messages ?? []).map((message) => ({ value, message })));
}

/**
 * Only right with one writer per number, which is what the floor has. Index: messages_wamid_key, threads_account_id_contact_key.
 *
 * @param {string} rows JSON of Row[]
 * @returns {Promise<{ channel: string, thread: string, contact: string, wamid: string, body: string, unread: number }[]>}
 */
async function insertBatch(rows) {
  return sql`
    with given as (
      select g.*, (select a.id from accounts a where a.channel = g.channel) as account_id
      from json_to_recordset(${rows}::text::json)
        as g(channel text, contact text, wamid text, body text, at bigint, n int)
      where not exists (select 1 from messages m where m.wamid = g.wamid)
    ), touched as (
      insert into threads as t (account_id, contact, unread, last_wamid, last_at)
      select account_id, contact, count(*), (array_agg(wamid order by n desc))[1], now()
      from given group by account_id, contact order by account_id, contact
      on conflict (account_id, contact) do update
        set unread = t.unread + excluded.unread, last_wamid = excluded.last_wamid, last_at = excluded.last_at
      returning id, account_id, contact, unread
    ), inserted as (
      insert into messages (thread_id, wamid, body, at)
      select t.id, g.wamid, g.body, to_timestamp(g.at)
      from given g join touched t using (account_id, contact) order by g.n
      on conflict (wamid) do nothing
      returning wamid
    )
    select g.channel, t.id as thread, g.contact, g.wamid, g.body, t.unread
    from inserted i join given g using (wamid) join touched t using (account_id, contact) order by g.n`;
}
