/** An attachment is fetched once and for all, whatever is killed meanwhile. */
import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { encryptionKey } from '../../src/platform/crypto.ts';
import { apply, message, part } from '../support/ingest.ts';
import { createSendingTenant, type TestAccount } from '../support/outbound.ts';
import { sha256Of, startMediaCarrier, type MediaCarrier } from '../support/media-carrier.ts';
import { createSystem, SECRETS, type System } from '../support/system.ts';
import { testRunDir } from '../support/environment.ts';
import { holding } from '../support/hold.ts';
import { waitFor } from '../support/wait.ts';

const FILE = Buffer.from('%PDF-1.7 a file that must not be stored twice');
const MEDIA_DIR = join(testRunDir(), `chaos-media-${randomUUID()}`);
let system: System;
let carrier: MediaCarrier;
let account: TestAccount;

beforeEach(async () => {
  carrier = await startMediaCarrier();
  carrier.files.set('m1', FILE);
  system = await createSystem({ env: { MEDIA_DIR } });
  const key = encryptionKey(Buffer.from(SECRETS.ENCRYPTION_KEY, 'hex'));
  account = await createSendingTenant(system.database, { baseUrl: carrier.url, key });
});
afterEach(async () => {
  await system.stop();
  await carrier.close();
});

/** Whole files: what is still being written is elsewhere. */
const files = (): Promise<string[]> => readdir(join(MEDIA_DIR, account.tenantId)).catch(() => []);

it('a worker killed after it stored a file leaves one file, one event and a ready attachment', async () => {
  const media = { mime: 'application/pdf', providerMediaId: 'm1', url: null, sha256: sha256Of(FILE) };
  const more = { filename: 'a.pdf', sizeBytes: null, voice: false, inline: false };
  await apply(system.database, account, [
    part([message(account.channel, 'wamid.1', { type: 'document', text: null, media: { ...media, ...more } })]),
  ]);
  await Promise.all([system.spawn('consumers/housekeeping')]);
  const victim = await holding(system.database, async (tx) => {
    // Recording waits for the conversation's row: the worker is between store and record.
    await tx`select 1 from threads where tenant_id = ${account.tenantId} for update`;
    const worker = await system.spawn('consumers/media');
    await waitFor(async () => (await files()).length === 1, { what: 'the file', deadlineMs: 20_000 });
    await worker.end('SIGKILL');
    return worker;
  });
  expect(victim.child.signalCode).toBe('SIGKILL');
  await system.database.run('test.due', (sql) => sql`update media set next_attempt_at = now() where state = 'pending'`);
  await system.spawn('consumers/media');
  const state = async (): Promise<string | undefined> => {
    const rows = await system.database.run('test', (sql) => sql<{ state: string }[]>`select state from media`);
    return rows[0]?.state;
  };
  await waitFor(async () => (await state()) === 'ready', { what: 'the attachment', deadlineMs: 30_000 });
  expect(await files()).toHaveLength(1);
  const events = await system.database.run(
    'test.events',
    (sql) => sql<{ count: number }[]>`select count(*)::int as count from tenant_events where type = 'message.updated'`,
  );
  expect(events[0]?.count).toBe(1);
});
