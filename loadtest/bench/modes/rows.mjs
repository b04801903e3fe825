/**
 * What the rows that our promises need of a webhook cost Postgres by themselves: the floor's statement on the floor's tables,
 * with more and more to store. Whoever keeps the promises does all the rest besides.
 */
import { storedMode } from './stored.mjs';

/** @typedef {import('postgres').Sql} Sql */

/** @type {import('./stored.mjs').Step[]} */
const STEPS = [
  { name: 'floor', make: async () => {} },
  {
    name: 'body',
    make: (sql) => sql`create table journal (id text primary key, channel text not null, body text not null)`,
  },
  {
    name: 'events',
    make: (sql) => sql`create table events (account_id bigint not null, seq bigint not null,
      at timestamptz not null default now(), type text not null, data json not null, primary key (account_id, seq))`,
  },
  {
    name: 'indexes',
    async make(sql) {
      await sql`create index messages_unread on messages (thread_id, id) where not outbound`;
      await sql`create index messages_search on messages using gin (to_tsvector('simple', body))`;
    },
  },
];
const NUMBERS = 20;
const CUSTOMERS = 50;
const WORDS = 'Hello, could you tell me whether my order is on its way? I have been waiting since Monday.';

export const rows = storedMode({
  ...{ title: 'the promised rows of a webhook alone, on the floor', unit: 'msg', numbers: NUMBERS, steps: STEPS },
  // The quiet case, and about what a worker under load is given.
  ...{ sizes: [1, 40], batchFrom, store },
});

/**
 * @param {number} first
 * @param {number} size
 */
function batchFrom(first, size) {
  return Array.from({ length: size }, (_, index) => {
    const n = first + index;
    const contact = `1555${String((n % NUMBERS) * CUSTOMERS + (Math.trunc(n / NUMBERS) % CUSTOMERS)).padStart(7, '0')}`;
    const message = {
      from: contact,
      id: `wamid.${String(n).padStart(48, '0')}`,
      timestamp: '1760000000',
      text: { body: WORDS },
    };
    return {
      ...{ channel: String((n % NUMBERS) + 1), contact, wamid: message.id, words: WORDS, at: 1_760_000_000, n: index },
      ...{ id: `${n}-0`, body: JSON.stringify(asSent(message)), seq: 2 * n, event: ENTITY },
    };
  });
}

/** @param {{ from: string }} message */
function asSent(message) {
  const metadata = { display_phone_number: '15550001111', phone_number_id: '100001' };
  const contacts = [{ profile: { name: 'A customer' }, wa_id: message.from }];
  const value = { messaging_product: 'whatsapp', metadata, contacts, messages: [message] };
  return {
    object: 'whatsapp_business_account',
    entry: [{ id: '1234567890', changes: [{ value, field: 'messages' }] }],
  };
}

/** As long as a message is as an event. */
const ENTITY = { words: WORDS, rest: 'x'.repeat(600) };

/**
 * The floor's statement; journal and events are left out where their table is not there.
 *
 * @param {Sql} sql
 * @param {number} at
 * @param {object[]} batch
 */
async function store(sql, at, batch) {
  const journal = sql`, kept as (insert into journal select id, channel, body from given)`;
  const events = sql`, told as (
    insert into events (account_id, seq, type, data)
    select account_id, seq, 'message.created', event from given union all
    select account_id, seq + 1, 'thread.updated', event from given)`;
  await sql`
    with given as materialized (
      select g.*, (select a.id from accounts a where a.channel = g.channel) as account_id
      from json_to_recordset(${JSON.stringify(batch)}::text::json) as g(channel text, contact text, wamid text, words text,
        at bigint, n int, id text, body text, seq bigint, event json)
      where not exists (select 1 from messages m where m.wamid = g.wamid)
    ) ${at >= 1 ? journal : sql``} ${at >= 2 ? events : sql``}, touched as (
      insert into threads as t (account_id, contact, unread, last_wamid, last_at)
      select account_id, contact, count(*), (array_agg(wamid order by n desc))[1], now()
      from given group by account_id, contact order by account_id, contact
      on conflict (account_id, contact) do update
        set unread = t.unread + excluded.unread, last_wamid = excluded.last_wamid, last_at = excluded.last_at
      returning id, account_id, contact, unread
    ), inserted as (
      insert into messages (thread_id, wamid, body, at)
      select t.id, g.wamid, g.words, to_timestamp(g.at)
      from given g join touched t using (account_id, contact) order by g.n
      on conflict (wamid) do nothing
      returning wamid
    )
    select g.channel, t.id as thread, g.contact, g.wamid, g.words, t.unread
    from inserted i join given g using (wamid) join touched t using (account_id, contact) order by g.n`;
}
