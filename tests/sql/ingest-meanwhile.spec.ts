/** Webhooks that are being applied while a migration is: none fails, whatever they hold and however new the connection. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { migrate, readMigrations } from '../../src/platform/migrate.ts';
import type { InboundEvent } from '../../src/providers/inbound.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { holding } from '../support/hold.ts';
import { ADA, apply, createTenant, message, messageRow, part, reaction, T0 } from '../support/ingest.ts';
import { silentLog } from '../support/log.ts';
import { waitFor } from '../support/wait.ts';

const DIRECTORY = fileURLToPath(new URL('../../sql/migrations', import.meta.url));
/** The first migration after the release before. */
const SINCE = 54;
const POLL = { type: 'poll', content: { poll: { question: 'Which?', options: ['Mon'], selectable: 0 } } } as const;

/** What is said of two messages, each a webhook by itself. */
function changesOf(channel: string): readonly InboundEvent[] {
  const about = { channel, chat: ADA, atMs: T0 + 9000, direction: 'inbound', own: null } as const;
  const vote = { targetId: 'p1', idWithinChat: true, sender: null, options: ['Mon'] } as const;
  return [
    reaction(channel, 'm1', '👍', { idWithinChat: true }),
    { ...about, kind: 'edit', providerMessageId: 'e1', targetId: 'm1', text: 'edited' },
    { ...about, kind: 'poll_vote', providerMessageId: 'v1', ...vote },
  ];
}

let db: TestDatabase;
let released: string;

beforeEach(async () => {
  db = await createTestDatabase({ migrated: false });
  released = await mkdtemp(join(tmpdir(), 'hunfly-released-'));
});
afterEach(async () => {
  await db.drop();
  await rm(released, { recursive: true });
});

async function migrateTo(version: number): Promise<void> {
  for (const { path, name, version: one } of await readMigrations(DIRECTORY)) {
    if (one <= version) await cp(path, join(released, name));
  }
  await migrate({ url: db.url, directory: released, log: silentLog });
}

async function waiting(): Promise<number> {
  const rows = await db.database.run(
    'test.waiting',
    (sql) => sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows.length;
}

it('are applied, each by a connection that has never applied its like', async () => {
  for (const { path, version, name, checksum } of (await readMigrations(DIRECTORY)).filter(
    (one) => one.version >= SINCE,
  )) {
    await migrateTo(version - 1);
    const account = await createTenant(db.database, String(version));
    const take = (event: InboundEvent) => apply(db.open({ statementPool: 1 }), account, [part([event])]);
    await take(message(account.channel, 'm1'));
    await take(message(account.channel, 'p1', POLL));
    const changes = changesOf(account.channel);
    let done = 0;
    const { taken } = await holding(db.database, async (tx) => {
      await tx.file(path);
      await tx`insert into schema_migrations (version, name, checksum) values (${version}, ${name}, ${checksum})`;
      const all = Promise.all(changes.map((event) => take(event).finally(() => (done += 1))));
      await waitFor(async () => done + (await waiting()) === changes.length, { what: 'all are through, or wait' });
      return { taken: all };
    });
    await taken;
    const row = (id: string) => messageRow(db.database, account.tenantId, id);
    expect(await row('m1'), name).toMatchObject({ text: 'edited', reactions: [{ emoji: '👍' }] });
    expect(await row('p1'), name).toMatchObject({ poll: { options: [{ votes: 1 }] } });
  }
});
