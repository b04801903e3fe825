/** Nothing that tells of an erased customer is kept anywhere, and nothing brings it back. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Thread } from '../../../src/contract/entities.ts';
import { InboxError } from '../../../src/contract/errors.ts';
import type { ExportRecord } from '../../../src/contract/personal-data.ts';
import type { Caller, ExecuteCommand } from '../../../src/inbox/command.ts';
import { erasuresJob } from '../../../src/inbox/housekeeping/erasures.ts';
import type { InboundEvent } from '../../../src/providers/inbound.ts';
import type { Part } from '../../../src/inbox/ingest/part.ts';
import { createDiskBlobs } from '../../../src/platform/blobs-disk.ts';
import type { BlobStore } from '../../../src/platform/blobs.ts';
import type { StreamSpan } from '../../../src/platform/stream-commands.ts';
import { createTeam, createTestExecutor, type Team } from '../../support/actors.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, message, part, person, reaction, status, T0 } from '../../support/ingest.ts';
import { silentLog } from '../../support/log.ts';

const DIGITS = '15550177001';
const NAME = 'Zerlina Quux';
const SECRET = 'xylophone';
const ADA = person(DIGITS, NAME);
const BOB = person('15550177002', 'Bob Other');
const GROUP = { addresses: [{ type: 'group' as const, value: '120363000000000077' }], name: 'Choir' };

let db: TestDatabase;
let execute: ExecuteCommand;
let team: Team;
let folder: string;
let blobs: BlobStore;

// Each has tables of its own, so that nothing in them is of another test.
beforeEach(async () => {
  db = await createTestDatabase();
  execute = createTestExecutor(db.database);
  folder = await mkdtemp(join(tmpdir(), 'erase-'));
  blobs = createDiskBlobs(folder);
  team = await createTeam(db.database, 'all');
});
afterEach(async () => {
  await db.drop();
  await rm(folder, { recursive: true });
});

const admin = (): Caller => team.members.admin.caller;
const tenantId = (): string => team.account.tenantId;
const codeOf = (error: unknown): string => (error instanceof InboxError ? error.code : String(error));

/** A webhook whose raw bytes tell what its events tell. */
const raw = (events: InboundEvent[], over: Partial<Part> = {}): Part =>
  part(events, { body: Buffer.from(JSON.stringify(events)), receivedAtMs: Date.now() - 2000, ...over });
const take = (events: InboundEvent[], over: Partial<Part> = {}): Promise<unknown> =>
  apply(db.database, team.account, [raw(events, over)]);
const said = (id: string, over: Parameters<typeof message>[2] = {}): InboundEvent =>
  message(team.account.channel, id, { atMs: Date.now() - 3000, chat: ADA, text: `${SECRET} ${id}`, ...over });

async function threads(as = admin()): Promise<Thread[]> {
  return (await execute('thread:list', {}, as)).data.items;
}

async function threadOf(name: string): Promise<Thread> {
  const found = (await threads()).find(({ contact }) => contact.displayName === name);
  if (found === undefined) throw new Error(`no thread of ${name}`);
  return found;
}

const erase = (contactId: string, confirm: string, as = admin()) =>
  execute('contact:erase', { contactId, confirm }, as);

/** What housekeeping does, until there is nothing to do. */
async function keepHouse(onStream: StreamSpan | null = null): Promise<void> {
  const job = erasuresJob({
    ...{ db: db.database, log: silentLog, blobs, hints: { publish: () => undefined } },
    arrivals: () => Promise.resolve(onStream),
  });
  while ((await job.run()) > 0);
}

/** Tables that hold any of the words in any column, whatever its type, raw bytes included. */
async function tablesWith(...words: readonly string[]): Promise<string[]> {
  return await db.database.run('test.tables', async (sql) => {
    const tables = await sql<{ name: string }[]>`
      select c.oid::regclass::text as name from pg_class c
      where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by 1`;
    const found: string[] = [];
    for (const { name } of tables) {
      const rows = await sql<{ text: string }[]>`select to_jsonb(x)::text as text from ${sql(name)} x`;
      const texts = rows.map(({ text }) => text + bytesIn(text));
      if (texts.some((text) => words.some((word) => text.includes(word)))) found.push(name);
    }
    return found;
  });
}

/** `bytea` as text: two hex digits a byte. */
function bytesIn(text: string): string {
  return [...text.matchAll(/\\\\x([0-9a-f]+)/g)].map(([, hex]) => Buffer.from(hex ?? '', 'hex').toString()).join('\n');
}

/** A conversation with one of everything. Returns it as it was. */
async function tellEverything(): Promise<Thread> {
  const file = {
    providerMediaId: 'm-1',
    url: null,
    mime: 'image/png',
    filename: `${NAME}.png`,
    sizeBytes: 3,
    sha256: null,
    voice: false,
  };
  await take([
    said('a1'),
    said('a2', { contextId: 'a1' }),
    said('a3', { type: 'image', media: file as never, text: `${SECRET} caption` }),
    reaction(team.account.channel, 'a1', '👍', { chat: ADA }),
    said('b1', { chat: BOB, text: 'unrelated words' }),
    said('g1', { chat: GROUP, sender: ADA }),
    said('g2', { chat: GROUP, sender: BOB, text: 'of somebody else', contextId: 'g1' }),
    reaction(team.account.channel, 'never-came', '👍', { chat: ADA }),
    reaction(team.account.channel, 'nor-this', '👍', { chat: GROUP, sender: ADA, idWithinChat: true }),
    {
      ...{ kind: 'edit', channel: team.account.channel, atMs: T0, direction: 'inbound', own: null },
      ...{ providerMessageId: null, targetId: 'never-came', chat: ADA, text: SECRET },
    },
  ]);
  const thread = await threadOf(NAME);
  await execute(
    'message:send',
    { threadId: thread.id, kind: 'text', text: `dear ${SECRET}`, commandId: randomUUID() },
    admin(),
  );
  await execute('note:add', { threadId: thread.id, text: `${SECRET} is a nickname`, commandId: randomUUID() }, admin());
  await execute('thread:set-tags', { threadId: thread.id, add: ['vip'], commandId: randomUUID() }, admin());
  const [stored] = await db.database.run(
    'test.media',
    (sql) => sql<{ id: string }[]>`
      update media set state = 'ready', storage_key = tenant_id || '/' || id, next_attempt_at = now()
      where tenant_id = ${tenantId()} returning id`,
  );
  await blobs.write(`${tenantId()}/${stored?.id ?? ''}`, Readable.from([Buffer.from(SECRET)]), SECRET.length);
  await db.database.run(
    'test.letter',
    (sql) => sql`
      insert into dead_letters (tenant_id, provider, channel, reason, body, received_at, correlation_id)
      values (${tenantId()}, 'cloud', ${team.account.channel}, 'poison', ${Buffer.from(`{"from":"${DIGITS}","${SECRET}":1}`)}, now(), 'c')`,
  );
  return thread;
}

async function filesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

async function exportAll(contactId: string, limit: number): Promise<ExportRecord[]> {
  const records: ExportRecord[] = [];
  for (let after: string | null | undefined; after !== null;) {
    const page: { items: ExportRecord[]; nextCursor: string | null } = (
      await execute('contact:export', { contactId, limit, ...(after === undefined ? {} : { after }) }, admin())
    ).data;
    records.push(...page.items);
    after = page.nextCursor;
  }
  return records;
}

describe('erasing', () => {
  it('leaves nothing of the person in any table or in the store, and all that is others’ where it was', async () => {
    const { contact } = await tellEverything();
    const holding = await tablesWith(NAME, DIGITS, SECRET);
    // A control: these must be found as long as nothing is erased.
    for (const name of [
      'contacts',
      'contact_addresses',
      'messages',
      'notes',
      'commands',
      'media',
      'dead_letters',
      'parked',
    ])
      expect(holding).toContain(name);
    expect(holding.filter((name) => /^(tenant_events|webhook_journal)/.test(name))).toHaveLength(2);
    expect(await filesIn(folder)).toHaveLength(1);
    await erase(contact.id, NAME);
    await keepHouse();
    expect(await tablesWith(NAME, DIGITS, SECRET, 'wamid')).toEqual([]);
    expect(await filesIn(folder)).toEqual([]);
    expect((await threads()).map((thread) => thread.contact.displayName).sort()).toEqual(['Bob Other', 'Choir']);
    const choir = await threadOf('Choir');
    const shown = await execute('thread:messages', { threadId: choir.id }, admin());
    expect(shown.data.items.map(({ text }) => text)).toEqual([null, 'of somebody else']);
    const { erasure } = (await erase(contact.id, 'whatever')).data;
    expect(erasure).toMatchObject({ messages: 4, finishedAt: expect.any(String) as string });
  });

  it('hides the conversation at once, from reads, sends and notes, and tells every screen to drop it', async () => {
    const thread = await tellEverything();
    const { head } = { head: (await execute('inbox:snapshot', {}, admin())).data.cursor.seq };
    await erase(thread.contact.id, thread.contact.id);
    const { id: threadId } = thread;
    const attempts = [
      () => execute('thread:get', { threadId }, admin()),
      () => execute('thread:messages', { threadId }, admin()),
      () => execute('message:send', { threadId, kind: 'text', text: 'late' }, admin()),
      () => execute('note:add', { threadId, text: 'late' }, admin()),
      () => execute('contact:export', { contactId: thread.contact.id }, admin()),
    ];
    for (const attempt of attempts) expect(await attempt().then(() => 'ok', codeOf)).toBe('not_found');
    expect((await execute('thread:list', { q: SECRET }, admin())).data.items.map(({ id }) => id)).not.toContain(
      threadId,
    );
    const logged = await db.database.run(
      'test.events',
      (sql) => sql<{ type: string; data: unknown }[]>`
        select type, data from tenant_events where tenant_id = ${tenantId()} and seq > ${head} order by seq`,
    );
    expect(logged).toEqual([{ type: 'thread.removed', data: { threadId, reason: 'erased' } }]);
    const queued = await db.database.run(
      'test.queued',
      (sql) => sql`select 1 from messages where tenant_id = ${tenantId()} and send_state = 'queued'`,
    );
    expect(queued).toHaveLength(0);
  });

  it('is not undone by what a carrier repeats, by late states, or by what was received before; before and after it is through', async () => {
    const { contact } = await tellEverything();
    await erase(contact.id, NAME);
    const repeats = async (): Promise<void> => {
      await take([said('a1')], { receivedAtMs: Date.now() + 1000 });
      await take([said('b9', { chat: BOB, text: 'kept' }), said('a2')], { receivedAtMs: Date.now() + 1000 });
      await take(
        [status(team.account.channel, 'a1', 'read'), reaction(team.account.channel, 'a2', '🎉', { chat: ADA })],
        {
          receivedAtMs: Date.now() + 1000,
        },
      );
      expect((await threads()).map((thread) => thread.contact.displayName).sort()).toEqual(['Bob Other', 'Choir']);
    };
    await repeats();
    await take([said('unknown-until-now')], { receivedAtMs: Date.now() - 60_000 });
    await keepHouse();
    await repeats();
    expect(await tablesWith(NAME, DIGITS, SECRET)).toEqual([]);
    const bob = await threadOf('Bob Other');
    expect((await execute('thread:messages', { threadId: bob.id }, admin())).data.items.at(-1)?.text).toBe('kept');
  });

  it('has who writes again begin anew', async () => {
    const before = await tellEverything();
    await erase(before.contact.id, NAME);
    await take([said('new', { text: 'hello again' })], { receivedAtMs: Date.now() + 1000 });
    await keepHouse();
    const after = await threadOf(NAME);
    expect(after.id).not.toBe(before.id);
    expect(after.contact.id).not.toBe(before.contact.id);
    const { items } = (await execute('thread:messages', { threadId: after.id }, admin())).data;
    expect(items.map(({ text }) => text)).toEqual(['hello again']);
  });

  it('waits for webhooks that were received before and are on their way', async () => {
    const { contact } = await tellEverything();
    await erase(contact.id, NAME);
    // Whatever any clock says meanwhile: until the newest that was there is gone.
    for (const oldestMs of [T0 - 1000, T0]) {
      await keepHouse({ oldestMs, newestMs: Math.max(T0, oldestMs) });
      expect((await erase(contact.id, NAME)).data.erasure).toMatchObject({ stage: 'arrivals', finishedAt: null });
    }
    await keepHouse({ oldestMs: T0 + 1, newestMs: T0 + 9000 });
    expect((await erase(contact.id, NAME)).data.erasure.finishedAt).not.toBeNull();
  });

  it('is for administrators, who have to say whom they mean, and knows nobody of another team', async () => {
    const { contact } = await tellEverything();
    for (const as of [team.members.lead.caller, team.members.ana.caller]) {
      expect(await erase(contact.id, NAME, as).catch(codeOf)).toBe('forbidden');
      expect(await execute('contact:export', { contactId: contact.id }, as).catch(codeOf)).toBe('forbidden');
    }
    expect(await erase(contact.id, 'Somebody Else').catch(codeOf)).toBe('invalid_input');
    const other = await createTeam(db.database);
    const stranger = other.members.admin.caller;
    expect(await erase(contact.id, NAME, stranger).catch(codeOf)).toBe('not_found');
    expect(await execute('contact:export', { contactId: contact.id }, stranger).catch(codeOf)).toBe('not_found');
    expect(await threadOf(NAME)).toBeDefined();
  });

  it('takes those that were merged into the contact along', async () => {
    const { contact } = await tellEverything();
    const other = person('15550177009', 'Zerlina at work');
    await take([said('w1', { chat: other, text: `${SECRET} at work` })]);
    const work = await threadOf('Zerlina at work');
    await execute(
      'contact:merge',
      { contactId: work.contact.id, intoContactId: contact.id, commandId: randomUUID() },
      admin(),
    );
    await erase(contact.id, NAME);
    await keepHouse();
    expect(await tablesWith('Zerlina', DIGITS, SECRET, '15550177009')).toEqual([]);
  });
});

describe('exporting', () => {
  it('hands out all that is stored, each record once, whatever the size of a page', async () => {
    const { contact, id } = await tellEverything();
    const records = await exportAll(contact.id, 100);
    const kinds = records.map(({ type }) => type);
    expect(kinds.filter((kind) => kind !== 'audit')).toEqual([
      ...['contact', 'thread', 'message', 'message', 'message', 'message', 'message', 'note'],
    ]);
    expect(records.flatMap((record) => (record.type === 'message' ? record.message.text : []))).toContain(
      `${SECRET} g1`,
    );
    const small = await exportAll(contact.id, 1);
    expect(small.filter(({ type }) => type !== 'audit')).toEqual(records.filter(({ type }) => type !== 'audit'));
    expect(small).toContainEqual({
      type: 'audit',
      entry: expect.objectContaining({ action: 'contact.exported' }) as object,
    });
    expect(small.filter(({ type }) => type === 'thread')).toMatchObject([{ thread: { id } }]);
  });
});
