/** One body of a carrier's app that serves several tenants is everybody's own in the journal. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyParts } from '../../../src/inbox/ingest/apply.ts';
import { readJournal, type JournalPart } from '../../../src/inbox/ingest/journal.ts';
import type { AccountRef, ResolveChannel } from '../../../src/inbox/ingest/part.ts';
import { verify } from '../../../src/inbox/verify/report.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { createTenant, DAY_MS, message, part, threadRows } from '../../support/ingest.ts';
import { silentLog } from '../../support/log.ts';

type Account = AccountRef & { channel: string };

let db: TestDatabase;
let accounts: Account[];
let resolve: ResolveChannel;
const isErased = (): boolean => false;

beforeAll(async () => {
  db = await createTestDatabase();
  accounts = [await createTenant(db.database, '1'), await createTenant(db.database, '2')];
  resolve = (_provider, channel) => accounts.find((account) => account.channel === channel) ?? null;
});
afterAll(() => db.drop());

const events = [message('1', 'w1'), message('2', 'w2'), message('9', 'w9'), message('1', 'w3')];
const parse = (): { ok: true; events: typeof events } => ({ ok: true, events });
const rangeOf = (tenantId: string | null): { tenantId: string | null; from: Date; to: Date } => {
  return { tenantId, from: new Date(0), to: new Date(Date.now() + DAY_MS) };
};

async function journalOf(tenantId: string | null): Promise<JournalPart[]> {
  const all: JournalPart[] = [];
  for await (const parts of readJournal(db.database, rangeOf(tenantId), parse)) all.push(...parts);
  return all;
}

describe('a body with items of several tenants', () => {
  it('is found, replayed and proved for each of them, and counts once', async () => {
    const deps = { db: db.database, log: silentLog, resolve, windowOf: () => DAY_MS };
    const body = part(events);
    await applyParts(deps, [body]);
    await applyParts(deps, [body]);
    for (const { tenantId } of accounts) {
      const [own, ...more] = await journalOf(tenantId);
      expect([own?.streamId, more.length]).toEqual([body.streamId, 0]);
      await db.database.run('test.lose', (sql) => sql`delete from messages where tenant_id = ${tenantId}`);
      const lost = await verify({ db: db.database, resolve, isErased, parse }, rangeOf(tenantId));
      expect(lost.differences.filter(({ kind }) => kind === 'missing_message').length).toBeGreaterThan(0);
      await applyParts(deps, [own!]);
    }
    expect((await threadRows(db.database, accounts[0]!.tenantId)).length).toBe(1);
    const [kept] = await db.database.run(
      'test.kept',
      (sql) => sql<{ bytes: number }[]>`select sum(length(body))::int as bytes from webhook_journal`,
    );
    expect(kept?.bytes).toBe(body.body.length);
    expect((await journalOf(null)).map(({ streamId }) => streamId)).toEqual([body.streamId]);
    const counts = [accounts[0]!.tenantId, accounts[1]!.tenantId, null].map(async (tenantId) => {
      const { accepted, applied, deadLettered } = await verify(
        { db: db.database, resolve, isErased, parse },
        rangeOf(tenantId),
      );
      return [accepted, applied, deadLettered];
    });
    expect(await Promise.all(counts)).toEqual([
      [3, 2, 1],
      [1, 1, 0],
      [4, 3, 1],
    ]);
  });
});

describe('a body of a number that was not known yet', () => {
  it('is not missed while it waits as a dead letter, also when the number is known by now', async () => {
    const late = part([message('3', 'w30')], { body: Buffer.from('late') });
    const parseLate = (_provider: string, body: Buffer) => {
      return { ok: true, events: body.equals(late.body) ? late.events : [] } as const;
    };
    await applyParts({ db: db.database, log: silentLog, resolve, windowOf: () => DAY_MS }, [late]);
    const number = await createTenant(db.database, '3');
    const missed = async (): Promise<string[]> => {
      const deps = { db: db.database, resolve: () => number, isErased, parse: parseLate };
      const { differences } = await verify(deps, rangeOf(null));
      return differences.flatMap(({ kind, id }) => (kind === 'missing_message' ? id : []));
    };
    expect(await missed()).toEqual([]);
    await db.database.run('test.close', (sql) => sql`update dead_letters set state = 'retried' where channel = '3'`);
    expect(await missed()).toEqual(['w30']);
  });
});

describe('an authentic body without a byte', () => {
  it('is read back as it was, by the report and by a replay', async () => {
    const deps = { db: db.database, log: silentLog, resolve, windowOf: () => DAY_MS };
    const empty = part([], { body: Buffer.alloc(0) });
    await applyParts(deps, [empty]);
    const found = (await journalOf(null)).find(({ streamId }) => streamId === empty.streamId);
    expect(found?.body).toEqual(Buffer.alloc(0));
  });
});
