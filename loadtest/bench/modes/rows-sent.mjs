/**
 * What the rows that our promises need of a `message:send` cost Postgres by themselves: the floor's statement for a list of
 * sends, on the floor's tables, with more and more to store. Whoever keeps the promises does all the rest besides.
 */
import { storedMode } from './stored.mjs';

/** @typedef {import('postgres').Sql} Sql */

const NUMBERS = 200;
const CUSTOMERS = 5;
const WORDS = 'Hello, your order left us this morning and will be with you tomorrow before noon.';
/** As long as a message, or its thread, is as an event. */
const ENTITY = { words: WORDS, rest: 'x'.repeat(600) };

/** @type {import('./stored.mjs').Step[]} */
const STEPS = [
  {
    name: 'floor',
    make: (sql) => sql`insert into threads (account_id, contact, last_at)
      select a.id, n::text, now() from accounts a, generate_series(1, ${CUSTOMERS}) n order by a.id, n`,
  },
  {
    // To find what is not sent yet, by when and by conversation; the search; the list of a member's conversations.
    name: 'indexes',
    async make(sql) {
      await sql`create index messages_due on messages (at) where outbound`;
      await sql`create index messages_queued on messages (thread_id, id) where outbound`;
      await sql`create index messages_search on messages using gin (to_tsvector('simple', body))`;
      await sql`alter table threads add assignee bigint`;
      await sql`create index threads_by_assignee on threads (account_id, assignee, last_at desc)`;
    },
  },
  {
    name: 'events',
    async make(sql) {
      await sql`create table logs (account_id bigint primary key, head bigint not null default 0) with (fillfactor = 50)`;
      await sql`insert into logs select id from accounts`;
      await sql`create table events (account_id bigint not null, seq bigint not null,
        at timestamptz not null default now(), type text not null, data json not null, primary key (account_id, seq))`;
    },
  },
  {
    name: 'answers',
    make: (sql) => sql`create table answers (command_id text primary key, at timestamptz not null default now(),
      result json not null)`,
  },
];

export const rowsSent = storedMode({
  ...{ title: 'the promised rows of a send alone, on the floor', unit: 'send', numbers: NUMBERS, steps: STEPS },
  // The quiet case, and about what goes together of fifty under way.
  ...{ sizes: [1, 25], batchFrom, store },
});

/**
 * @param {number} first
 * @param {number} size
 */
function batchFrom(first, size) {
  return Array.from({ length: size }, (_, index) => {
    const n = first + index;
    const [number, customer] = [n % NUMBERS, Math.trunc(n / NUMBERS) % CUSTOMERS];
    return {
      ...{ channel: String(number + 1), thread: number * CUSTOMERS + customer + 1, words: WORDS },
      ...{ wamid: `sent.${String(n).padStart(48, '0')}`, command: `command.${n}`, entity: ENTITY },
    };
  });
}

/**
 * Events, counter and answer are left out where their table is not there. Every send is of another conversation.
 *
 * @param {Sql} sql
 * @param {number} at
 * @param {object[]} batch
 */
async function store(sql, at, batch) {
  const events = sql`, counted as (
    update logs l set head = l.head + 2 * c.added
    from (select account_id, count(*) as added from touched group by account_id) c where l.account_id = c.account_id
    returning l.account_id, l.head - 2 * c.added as head
  ), numbered as (
    select t.account_id, t.entity, c.head + 2 * row_number() over (partition by t.account_id) as seq
    from touched t join counted c on c.account_id = t.account_id
  ), told as (
    insert into events (account_id, seq, type, data)
    select account_id, seq - 1, 'message.created', entity from numbered union all
    select account_id, seq, 'thread.updated', entity from numbered)`;
  const answers = sql`, kept as (insert into answers (command_id, result) select command, entity from touched)`;
  await sql`
    with given as materialized (
      select g.*, (select a.id from accounts a where a.channel = g.channel) as account_id
      from json_to_recordset(${JSON.stringify(batch)}::text::json)
        as g(channel text, thread bigint, words text, wamid text, command text, entity json)
    ), touched as (
      update threads t set last_at = clock_timestamp() from given g
      where t.id = g.thread and t.account_id = g.account_id
      returning t.id, t.account_id, g.wamid, g.words, g.command, g.entity
    ) ${at >= 2 ? events : sql``} ${at >= 3 ? answers : sql``}
    insert into messages (thread_id, outbound, wamid, body, at)
    select id, true, wamid, words, now() from touched
    returning id, thread_id, wamid, body, at`;
}
