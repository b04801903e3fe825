import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFileOpener } from '../../../src/inbox/messages/dispatch/files.ts';
import type { ThreadRef } from '../../../src/inbox/messages/dispatch/types.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import { createDiskBlobs } from '../../../src/platform/blobs-disk.ts';
import type { BlobStore } from '../../../src/platform/blobs.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import {
  createSender,
  createSendingTenant,
  createThread,
  makeDue,
  stored,
  type TestAccount,
  type TestSender,
} from '../../support/outbound.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';
import { startSimulated, type Simulated } from '../../support/simulated.ts';

const CUSTOMER = '15550100101';
const BYTES = Buffer.from('not really a picture, but all of it has to arrive');

let db: TestDatabase;
let redis: TestRedis;
let simulated: Simulated;
let folder: string;
let blobs: BlobStore;
let sender: TestSender;

beforeAll(async () => {
  db = await createTestDatabase();
  redis = await startTestRedis();
  simulated = await startSimulated();
  folder = await mkdtemp(join(tmpdir(), 'hunfly-media-'));
  blobs = createDiskBlobs(folder);
  const openFile = createFileOpener({ blobs, publicUrl: () => null });
  sender = await createSender(db.database, redis.url, { openFile });
});
afterAll(async () => {
  await sender.close();
  await simulated.stop();
  await redis.drop();
  await db.drop();
  await rm(folder, { recursive: true });
});

async function begin(provider: 'cloud' | 'evolution'): Promise<{ account: TestAccount; thread: ThreadRef }> {
  const account = await createSendingTenant(db.database, { baseUrl: simulated.simulator.url, provider });
  const { channel } = account;
  simulated.simulator.world.addAccount({ provider, channel, phone: channel, secret: 's', accessToken: 'token-1' });
  return { account, thread: await createThread(db.database, account, CUSTOMER) };
}

/** A picture in the store and the message that shows it, as message:send leaves them. */
async function queuePicture({ tenantId, threadId, accountId }: ThreadRef): Promise<string> {
  const [mediaId, id] = [uuid7(), uuid7()];
  await blobs.write(mediaId, Readable.from([BYTES]), BYTES.length);
  await db.database.transaction('test.picture', async (tx) => {
    await tx`insert into media (tenant_id, id, thread_id, mime, size_bytes, state, storage_key)
      values (${tenantId}, ${mediaId}, ${threadId}, 'image/png', ${BYTES.length}, 'ready', ${mediaId})`;
    await tx`insert into messages (tenant_id, id, thread_id, account_id, direction, kind, text, media_id, send_state, status,
        author_type, author_id, sent_at, received_at, position, next_attempt_at)
      values (${tenantId}, ${id}, ${threadId}, ${accountId}, 'outbound', 'image', 'Look', ${mediaId}, 'queued', 'queued',
        'member', ${uuid7()}, now(), now(), ${`${String(Date.now())}-${id}`}, now())`;
  });
  return id;
}

const onThePhone = ({ channel }: TestAccount): { kind: string; sha256: string | undefined }[] =>
  simulated.simulator.world.chats
    .filter((chat) => chat.account.channel === channel)
    .flatMap((chat) => chat.messages.map(({ kind, file }) => ({ kind, sha256: file?.sha256 })));

const PICTURE = { kind: 'image', sha256: createHash('sha256').update(BYTES).digest('hex') };

describe('a message with a file', () => {
  it.each(['cloud', 'evolution'] as const)('arrives whole through %s', async (provider) => {
    const { account, thread } = await begin(provider);
    const id = await queuePicture(thread);
    await sender.drain(thread);
    expect(await stored(db.database, id)).toMatchObject({ status: 'sent', attempts: 1 });
    expect(onThePhone(account)).toEqual([PICTURE]);
  });

  it('is tried again by itself when the upload fails, and is on the phone once', async () => {
    const { account, thread } = await begin('cloud');
    const id = await queuePicture(thread);
    await simulated.control('misbehave', { mode: 'upload-fails', count: 1, channel: account.channel });
    await sender.drain(thread);
    expect(await stored(db.database, id)).toMatchObject({ sendState: 'queued', attempts: 1 });
    expect(onThePhone(account)).toEqual([]);
    await makeDue(db.database, id);
    await sender.drain(thread);
    expect(await stored(db.database, id)).toMatchObject({ status: 'sent', attempts: 2 });
    expect(onThePhone(account)).toEqual([PICTURE]);
  });

  it('whose send got no certain answer is unknown, and never sent again by itself', async () => {
    const { account, thread } = await begin('cloud');
    const id = await queuePicture(thread);
    await simulated.control('misbehave', { mode: '500-after-accept', count: 1, channel: account.channel });
    await sender.drain(thread);
    await sender.drain(thread);
    expect(await stored(db.database, id)).toMatchObject({ sendState: 'unknown', attempts: 1 });
    expect(onThePhone(account)).toEqual([PICTURE]);
  });

  it('is not sent any more when the attempt was taken over during the upload', async () => {
    const { account, thread } = await begin('cloud');
    const id = await queuePicture(thread);
    const slow = await createSender(db.database, redis.url, {
      openFile: createFileOpener({ blobs, publicUrl: () => null }),
      post: async (request) => {
        const answer = await sender.deps.post(request);
        if (request.url.endsWith('/media'))
          await db.database.run(
            'test.sweep',
            (sql) => sql`update messages set send_state = 'unknown' where id = ${id}`,
          );
        return answer;
      },
    });
    await slow.step(thread);
    await slow.close();
    expect(onThePhone(account)).toEqual([]);
    expect(await stored(db.database, id)).toMatchObject({ sendState: 'unknown' });
  });

  it('whose bytes have gone fails, and says so', async () => {
    const { account, thread } = await begin('cloud');
    const id = await queuePicture(thread);
    await db.database.run(
      'test.gone',
      (sql) => sql`
        update media set storage_key = 'nowhere'
        where id = (select media_id from messages where id = ${id})`,
    );
    await sender.drain(thread);
    expect(await stored(db.database, id)).toMatchObject({ status: 'failed', error: { code: 'file_gone' } });
    expect(onThePhone(account)).toEqual([]);
  });
});
