/** Conversations by COPY, as many as are wanted: a business that has been at it for years. */
import { once } from 'node:events';

import postgres from 'postgres';

export const MESSAGES_EACH = 10;
const START_MS = 1_700_000_000_000;
const MINUTE_MS = 60_000;

/**
 * @param {'1' | '2' | '3'} kind contact, thread or message
 * @param {number} n
 */
const uuid = (kind, n) => `${kind}0000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
const at = (/** @type {number} */ ms) => new Date(ms).toISOString();
const phone = (/** @type {number} */ n) => `1777${String(n).padStart(8, '0')}`;
const WORDS = ['invoice', 'delivery', 'blue', 'refund', 'Tuesday', 'window', 'broken', 'thanks', 'size', 'colour'];

/**
 * Adds conversations `from` to `to - 1` to the only tenant, and leaves the tables as years would have: vacuumed, written
 * to their files, and known to the planner. Otherwise the server would do all that while it is asked.
 *
 * @param {string} url
 * @param {number} from
 * @param {number} to
 */
export async function seedThreads(url, from, to) {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const [account] = await sql`select tenant_id, id from whatsapp_accounts limit 1`;
  const [tenant, number] = [String(account?.['tenant_id']), String(account?.['id'])];
  await copy(
    await sql`copy contacts (tenant_id, id, display_name, phone) from stdin`.writable(),
    range(from, to, (n) => [[tenant, uuid('1', n), `Customer ${n} ${WORDS[n % 10]}`, `+${phone(n)}`]]),
  );
  await copy(
    await sql`copy contact_addresses (tenant_id, type, match_key, value, contact_id) from stdin`.writable(),
    range(from, to, (n) => [[tenant, 'wa_id', phone(n), phone(n), uuid('1', n)]]),
  );
  await copy(
    await sql`copy threads (tenant_id, id, account_id, contact_id, status, unread_count, last_message_id, last_position,
      last_activity_at, reply_type, reply_value) from stdin`.writable(),
    range(from, to, (n) => [threadRow(tenant, number, n)]),
  );
  await copy(
    await sql`copy messages (tenant_id, id, thread_id, account_id, direction, kind, text, status, author_type, author_id,
      provider_message_id, sent_at, received_at, position, unread) from stdin`.writable(),
    range(from, to, (n) => Array.from({ length: MESSAGES_EACH }, (_, index) => messageRow(tenant, number, n, index))),
  );
  await sql`vacuum (analyze)`;
  await sql`checkpoint`;
  await sql.end();
}

/**
 * @param {string} tenant
 * @param {string} number
 * @param {number} n
 */
function threadRow(tenant, number, n) {
  const last = n * MESSAGES_EACH + MESSAGES_EACH - 1;
  const status = n % 10 === 0 ? 'open' : 'resolved';
  const unread = n % 20 === 0 ? 1 : 0;
  const moment = momentOf(n, MESSAGES_EACH - 1);
  return [
    ...[tenant, uuid('2', n), number, uuid('1', n), status, unread, uuid('3', last), positionOf(moment)],
    ...[at(moment), 'wa_id', phone(n)],
  ];
}

/**
 * @param {string} tenant
 * @param {string} number
 * @param {number} n thread
 * @param {number} index
 */
function messageRow(tenant, number, n, index) {
  const moment = momentOf(n, index);
  const text = `${WORDS[(n + index) % 10]} ${WORDS[(n * 7 + index) % 10]} order ${n}, part ${index}`;
  const unread = index === MESSAGES_EACH - 1 && n % 20 === 0;
  return [
    ...[tenant, uuid('3', n * MESSAGES_EACH + index), uuid('2', n), number, 'inbound', 'text', text, 'received'],
    ...['contact', uuid('1', n), `wamid.seed.${n}.${index}`, at(moment), at(moment), positionOf(moment), unread],
  ];
}

/**
 * @param {number} n
 * @param {number} index
 */
function momentOf(n, index) {
  return START_MS + n * MINUTE_MS + index * 1000;
}

/** @param {number} moment */
function positionOf(moment) {
  return `${moment}-0000000000000-0-0000`;
}

/**
 * @param {number} from
 * @param {number} to
 * @param {(n: number) => (string | number | boolean)[][]} rowsOf
 */
function* range(from, to, rowsOf) {
  for (let n = from; n < to; n += 1) yield rowsOf(n);
}

/**
 * @param {import('node:stream').Writable} stream
 * @param {Iterable<(string | number | boolean)[][]>} rows
 */
async function copy(stream, rows) {
  for (const some of rows) {
    const text = some.map((row) => `${row.join('\t')}\n`).join('');
    if (!stream.write(text)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'finish');
}
