/** Where in a conversation words are, and the page around a message that was found. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/contract/commands.ts';
import type { MessageId, ThreadId } from '../../../src/contract/ids.ts';
import type { TextHit } from '../../../src/contract/text-hits.ts';
import type { Caller } from '../../../src/inbox/command.ts';
import { selectHits, selectLookedTo, selectRareHits } from '../../../src/inbox/threads/text-queries.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import type { Tx } from '../../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { readBy } from '../../support/read-rows.ts';
import { createTeam, newThread, type Team } from '../../support/team.ts';

/** As many as one page looks through, twice and a bit. */
const LONG = 10_100;

let db: TestDatabase;
let team: Team;
let lead: Caller;
/** Message n says `Line n`; every thousandth `Milestone n`, the hundredth also something else. */
let long: ThreadId;

beforeAll(async () => {
  db = await createTestDatabase();
  team = await createTeam(db.database);
  lead = await team.member('manager');
  long = (await newThread(team, { text: 'Line 0' })).threadId;
  await addMessages(long, LONG);
  await say(long, 100, 'The <b>code</b>\non my voucher\u0001 is XYLOPHONE-7, and what else there is to say of it here');
  await db.database.run('test.analyze', (sql) => sql`vacuum analyze messages`);
});
afterAll(async () => {
  await db.drop();
});

const positionOf = (n: number): string => `17${String(70_000_000_000 + n).padStart(11, '0')}-1760000000000-0-0`;

async function addMessages(threadId: ThreadId, most: number): Promise<void> {
  await db.database.transaction('test.long', async (tx) => {
    await tx`insert into messages (tenant_id, id, thread_id, account_id, direction, kind, text, status, author_type, sent_at,
        received_at, position, provider_message_id)
      select ${team.tenantId}, ('30000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, ${threadId},
        ${team.account.accountId}, 'inbound', 'text',
        case when n % 1000 = 0 then 'Milestone ' else 'Line ' end || n, 'received', 'contact', now(), now(),
        '17' || lpad((70000000000 + n)::text, 11, '0') || '-1760000000000-0-0', 'long-' || n
      from generate_series(1, ${most}::int) n`;
  });
}

const idOf = (n: number): MessageId => `30000000-0000-7000-8000-${String(n).padStart(12, '0')}` as MessageId;

const say = (threadId: ThreadId, n: number, text: string): Promise<unknown> =>
  db.database.run(
    'test.say',
    (sql) => sql`update messages set text = ${text} where thread_id = ${threadId} and id = ${idOf(n)}`,
  );

const revoke = (id: MessageId): Promise<unknown> =>
  db.database.run('test.revoke', (sql) => sql`update messages set revoked_at = now() where id = ${id}`);

/** All hits, and how many pages they came in. */
async function search(threadId: ThreadId, q: string, limit = 100): Promise<{ hits: TextHit[]; pages: number }> {
  const hits: TextHit[] = [];
  let before: string | undefined;
  for (let pages = 1; ; pages += 1) {
    const { data } = await team.execute('thread:search', { threadId, q, before, limit }, lead);
    expect(COMMANDS['thread:search'].result.parse(data)).toEqual(data);
    hits.push(...data.items);
    if (data.nextCursor === null) return { hits, pages };
    before = data.nextCursor;
  }
}

const plain = ({ snippet }: TextHit): string => snippet.map(({ text }) => text).join('');
const found = ({ snippet }: TextHit): string[] => snippet.flatMap(({ text, isFound }) => (isFound ? [text] : []));

describe('thread:search', () => {
  it('finds every place from the newest to the oldest, each once, looking through 5,000 messages a page', async () => {
    const { hits, pages } = await search(long, 'mileston');
    expect(hits.map(({ messageId }) => messageId)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1].map((n) => idOf(n * 1000)));
    expect(pages).toBe(3);
    expect(hits[0]).toMatchObject({
      threadId: long,
      position: positionOf(10_000),
      direction: 'inbound',
      author: { type: 'contact' },
    });
  });

  it('goes on within what it has looked through where more is found than was asked for', async () => {
    const { hits, pages } = await search(long, 'milestone', 2);
    expect(new Set(hits.map(({ messageId }) => messageId)).size).toBe(10);
    expect(pages).toBe(5);
  });

  it('shows the words on one line with what surrounds them, and that there is more before', async () => {
    const [hit] = (await search(long, 'xylo')).hits;
    expect(found(hit!)).toEqual(['XYLOPHONE']);
    expect(plain(hit!)).toContain('voucher is XYLOPHONE-7, and');
    expect(plain(hit!)).not.toMatch(/[\n\u0001\u0002]/);
    const [all] = (await search(long, 'milestone 5000')).hits;
    expect(all!.snippet).toEqual([
      { text: 'Milestone', isFound: true },
      { text: ' ', isFound: false },
      { text: '5000', isFound: true },
    ]);
    const [far] = (await search(long, 'here')).hits;
    expect(far!.snippet[0]).toEqual({ text: '…', isFound: false });
  });

  it.each([
    ['words that are not there', 'quibble'],
    ['no words', '...'],
    ['what belongs to a query', `' & !(`],
  ])('finds nothing for %s', async (_title, q) => {
    expect((await search(long, q)).hits).toEqual([]);
  });

  it('shows nothing of a message that was deleted, nor finds its conversation by it', async () => {
    const { threadId, messageIds } = await newThread(team, { text: 'a harpsichord' });
    const listed = async (): Promise<number> =>
      (await team.execute('thread:list', { q: 'harpsichord' }, lead)).data.items.length;
    const inList = async (): Promise<number> =>
      (await team.execute('thread:find-texts', { threadIds: [threadId], q: 'harpsichord' }, lead)).data.items.length;
    expect([(await search(threadId, 'harpsi')).hits.length, await inList(), await listed()]).toEqual([1, 1, 1]);
    await revoke(messageIds[0]!);
    expect([(await search(threadId, 'harpsi')).hits.length, await inList(), await listed()]).toEqual([0, 0, 0]);
  });

  it('refuses a position that is none, and a conversation that is not there', async () => {
    const attempt = team.execute('thread:search', { threadId: long, q: 'x', before: "' or 1=1" }, lead);
    await expect(attempt).rejects.toMatchObject({ code: 'invalid_input', details: [{ path: 'before' }] });
    const nowhere = team.execute('thread:search', { threadId: uuid7(), q: 'x' }, lead);
    await expect(nowhere).rejects.toMatchObject({ code: 'not_found' });
  });

  it('reads what it looks through and no more, by the order of the conversation', async () => {
    const read = async (work: (tx: Tx) => Promise<unknown>): Promise<number> => {
      const nodes = await readBy(db.url, team.tenantId, work);
      expect(nodes.filter(({ type }) => type === 'Seq Scan')).toEqual([]);
      return Math.max(...nodes.map(({ rows }) => rows));
    };
    const sought = { tenantId: team.tenantId, threadId: long, before: null };
    expect(await read((tx) => selectHits(tx, { ...sought, q: 'quibble' }, 10))).toBe(5000);
    expect(await read((tx) => selectHits(tx, { ...sought, q: 'line' }, 10))).toBeLessThan(50);
    expect(await read((tx) => selectLookedTo(tx, { ...sought, q: 'quibble' }))).toBe(5000);
  });
});

describe('thread:find-texts', () => {
  it('finds the newest place in each conversation, however far back few words are', async () => {
    const other = await newThread(team, { text: 'a xylophone, twice', messages: 2 });
    const named = await newThread(team, { name: 'Xylophone', text: 'hello' });
    const threadIds = [long, other.threadId, named.threadId];
    const { items } = (await team.execute('thread:find-texts', { threadIds, q: 'xylophone' }, lead)).data;
    expect(COMMANDS['thread:find-texts'].result.parse({ items })).toEqual({ items });
    const byThread = new Map(items.map((hit) => [hit.threadId, hit]));
    expect(byThread.get(long)?.messageId).toBe(idOf(100));
    expect(byThread.get(other.threadId)?.messageId).toBe(other.messageIds[1]);
    expect(byThread.has(named.threadId)).toBe(false);
    const nodes = await readBy(db.url, team.tenantId, (tx) =>
      selectRareHits(tx, { tenantId: team.tenantId, threadIds, q: 'xylophone' }),
    );
    expect(nodes.map(({ on }) => on)).toContain('messages_search');
    expect(Math.max(...nodes.map(({ rows }) => rows))).toBeLessThan(50);
  });

  it('finds words that many have among the newest thousand of each', async () => {
    const threads = await Promise.all(
      Array.from({ length: 8 }, () => newThread(team, { text: 'Thank you', messages: 2 })),
    );
    await say(long, LONG - 10, 'Thank you');
    const threadIds = [...threads.map(({ threadId }) => threadId), long];
    const { items } = (await team.execute('thread:find-texts', { threadIds, q: 'thank' }, lead)).data;
    expect(items.map(({ messageId }) => messageId).sort()).toEqual(
      [...threads.map(({ messageIds }) => messageIds[1]!), idOf(LONG - 10)].sort(),
    );
  });
});

describe('thread:messages around a message', () => {
  const page = async (input: object) =>
    (await team.execute('thread:messages', { threadId: long, ...input }, lead)).data;
  const ids = (items: readonly { readonly id: string }[]): string[] => items.map(({ id }) => id);
  const run = (from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, index) => idOf(from + index));

  it('has it in its middle, and goes on to both sides without a gap', async () => {
    const middle = await page({ around: idOf(5000), limit: 10 });
    expect(COMMANDS['thread:messages'].result.parse(middle)).toEqual(middle);
    expect(ids(middle.items)).toEqual(run(4995, 5004));
    const older = await page({ before: middle.nextCursor, limit: 10 });
    expect(ids(older.items)).toEqual(run(4985, 4994));
    const newer = await page({ after: middle.newerCursor, limit: 10 });
    expect(ids(newer.items)).toEqual(run(5005, 5014));
    expect(ids((await page({ before: newer.nextCursor, limit: 3 })).items)).toEqual(run(5002, 5004));
  });

  it('says where the conversation begins and ends', async () => {
    const end = await page({ around: idOf(LONG), limit: 4 });
    expect(ids(end.items)).toEqual(run(LONG - 2, LONG));
    expect(end).toMatchObject({ newerCursor: null, nextCursor: positionOf(LONG - 2) });
    expect(await page({ after: positionOf(LONG - 2), limit: 2 })).toMatchObject({
      items: { length: 2 },
      newerCursor: null,
    });
    expect(await page({ after: positionOf(LONG) })).toMatchObject({ items: [], newerCursor: null });
    const first = (await page({ before: positionOf(1) })).items[0]!;
    expect(await page({ around: first.id, limit: 4 })).toMatchObject({ items: { length: 2 }, nextCursor: null });
    expect(await page({ around: idOf(7), limit: 1 })).toMatchObject({
      items: [{ id: idOf(7) }],
      nextCursor: positionOf(7),
      newerCursor: positionOf(7),
    });
    expect((await page({})).newerCursor).toBeNull();
  });

  it('is not to be had for a message of another conversation, or two places at once', async () => {
    const other = await newThread(team);
    await expect(page({ around: other.messageIds[0] })).rejects.toMatchObject({ code: 'not_found' });
    await expect(page({ around: uuid7() })).rejects.toMatchObject({ code: 'not_found' });
    await expect(page({ around: idOf(1), before: positionOf(9) })).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(page({ after: 'x' })).rejects.toMatchObject({ code: 'invalid_input', details: [{ path: 'after' }] });
  });
});
