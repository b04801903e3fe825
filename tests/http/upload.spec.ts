import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountId, MemberId, TenantId, ThreadId } from '../../src/contract/ids.ts';
import { Media } from '../../src/contract/message.ts';
import { unsentUploadsJob } from '../../src/inbox/housekeeping/unsent-uploads.ts';
import { createMediaLinks } from '../../src/inbox/media/public-link.ts';
import { bindMedia } from '../../src/inbox/messages/bind-media.ts';
import { createDiskBlobs } from '../../src/platform/blobs-disk.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import {
  ask,
  errorOf,
  logIn,
  newAccount,
  newMember,
  newTenant,
  parse,
  startGateway,
  testLinks,
  type Answer,
  type Gateway,
} from './support.ts';

let gateway: Gateway;
let tenantId: TenantId;
let accountId: AccountId;
let twilioId: AccountId;
let agent: Record<string, string>;
let colleague: Record<string, string>;
let photo: Buffer;

beforeAll(async () => {
  gateway = await startGateway();
  tenantId = await newTenant(gateway.db, 'acme');
  accountId = await newAccount(gateway.db, { tenantId, provider: 'cloud', externalId: '1' });
  twilioId = await newAccount(gateway.db, {
    tenantId,
    provider: 'twilio',
    externalId: 'whatsapp:+15550100000',
    accountSid: `AC${'0'.repeat(32)}`,
  });
  await newMember(gateway.db, { tenantId, email: 'agent@acme.test', role: 'agent' });
  await newMember(gateway.db, { tenantId, email: 'colleague@acme.test', role: 'manager' });
  await newMember(gateway.db, { tenantId, email: 'platform@acme.test', role: 'super_admin' });
  agent = await logIn(gateway, 'agent@acme.test');
  colleague = await logIn(gateway, 'colleague@acme.test');
  photo = await sharp({ create: { width: 600, height: 300, channels: 3, background: '#543' } })
    .jpeg()
    .toBuffer();
});
afterAll(() => gateway.close());

interface Given {
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer;
  readonly type?: string;
  readonly chunked?: number;
}

function upload({
  query = {},
  headers = agent,
  body = photo,
  type = 'image/jpeg',
  ...how
}: Given = {}): Promise<Answer> {
  const path = `/api/media?${new URLSearchParams({ accountId, kind: 'image', ...query }).toString()}`;
  return ask(gateway, { method: 'POST', path, headers: { ...headers, 'content-type': type }, body, ...how });
}

const mediaOf = (answer: Answer): Media => Media.parse(parse(answer)['media']);
const filesOf = async (): Promise<string[]> => readdir(join(gateway.blobDir, tenantId)).catch(() => []);

describe('a file that a member uploads', () => {
  it('is ready at once, and theirs alone until it is sent', async () => {
    const answer = await upload({ query: { filename: 'menu.jpg' } });
    expect(answer.status).toBe(201);
    const media = mediaOf(answer);
    expect(media).toMatchObject({
      state: 'ready',
      mime: 'image/jpeg',
      filename: 'menu.jpg',
      sizeBytes: photo.length,
      width: 600,
    });
    expect((await ask(gateway, { path: media.url!, headers: agent })).status).toBe(200);
    expect((await ask(gateway, { path: media.thumbnailUrl!, headers: agent })).headers['content-type']).toBe(
      'image/webp',
    );
    expect((await ask(gateway, { path: media.url!, headers: colleague })).status).toBe(404);
  });

  it('may come without a length and without a type', async () => {
    const media = mediaOf(await upload({ type: 'application/octet-stream', chunked: 500 }));
    expect(media).toMatchObject({ mime: 'image/jpeg', sizeBytes: photo.length });
  });

  it.each<[string, Given, number, string]>([
    ['is too large for the number', { body: Buffer.alloc(5 * 1024 * 1024 + 1, 1) }, 413, 'payload_too_large'],
    [
      'turns out too large on its way',
      { body: Buffer.alloc(5 * 1024 * 1024 + 1, 1), chunked: 65_536, type: 'application/octet-stream' },
      413,
      'payload_too_large',
    ],
    ['has a type the number does not take', { type: 'image/gif' }, 422, 'unsupported'],
    ['is not what it is called', { body: Buffer.from('<html>not a picture</html>') }, 422, 'unsupported'],
    [
      'is a voice message, which the number does not have',
      { query: { kind: 'audio', voice: 'true', accountId: '' } },
      422,
      'unsupported',
    ],
    ['is empty', { body: Buffer.alloc(0), type: 'text/plain', query: { kind: 'document' } }, 400, 'invalid_input'],
    ['names no kind', { query: { kind: 'poem' } }, 400, 'invalid_input'],
    ['names a number that is not there', { query: { accountId: uuid7() } }, 404, 'not_found'],
    ['has no caller', { headers: {} }, 401, 'unauthenticated'],
  ])('is refused where it %s, and leaves nothing behind', async (_case, given, status, code) => {
    const before = await filesOf();
    const query = given.query?.['accountId'] === '' ? { ...given.query, accountId: twilioId } : given.query;
    const answer = await upload({ ...given, ...(query === undefined ? {} : { query }) });
    expect([answer.status, errorOf(answer).code]).toEqual([status, code]);
    expect(await filesOf()).toEqual(before);
  });

  it('may be a sticker of 500 KB where it moves, and of 100 KB where it does not', async () => {
    const [one, other] = [7, 200].map((grey) => Buffer.alloc(64 * 64 * 3, grey));
    const raw = { width: 64, height: 128, channels: 3, pageHeight: 64 } as const;
    const moving = await sharp(Buffer.concat([one!, other!]), { raw })
      .webp()
      .toBuffer();
    const still = await sharp(one, { raw: { width: 64, height: 64, channels: 3 } })
      .webp()
      .toBuffer();
    const large = (file: Buffer): Buffer => Buffer.concat([file, Buffer.alloc(200 * 1024)]);
    const send = (body: Buffer): Promise<Answer> => upload({ query: { kind: 'sticker' }, type: 'image/webp', body });
    const refused = await send(large(still));
    expect([refused.status, errorOf(refused).code]).toEqual([413, 'payload_too_large']);
    expect([(await send(still)).status, (await send(large(moving))).status]).toEqual([201, 201]);
  });

  it('is refused of who may write to nobody', async () => {
    expect((await upload({ headers: await logIn(gateway, 'platform@acme.test') })).status).toBe(403);
  });

  it('is given to one conversation, by who uploaded it, for its number, on the same day', async () => {
    const { id } = mediaOf(await upload());
    const [row] = await gateway.db.run(
      'test',
      (sql) => sql<{ memberId: MemberId }[]>`select uploaded_by as "memberId" from media where id = ${id}`,
    );
    const binding = { tenantId, mediaId: id, memberId: row!.memberId, accountId, threadId: uuid7() as ThreadId };
    const bind = (over: Partial<typeof binding> = {}): ReturnType<typeof bindMedia> =>
      gateway.db.asTenant(tenantId, 'test.bind', (tx) => bindMedia(tx, { ...binding, ...over }));
    const age = (hours: number): Promise<unknown> =>
      gateway.db.run(
        'test',
        (sql) => sql`update media set created_at = now() - ${hours} * interval '1 hour' where id = ${id}`,
      );
    expect(await bind({ memberId: uuid7() as MemberId })).toBeNull();
    expect(await bind({ accountId: twilioId })).toBeNull();
    await age(24.5);
    expect(await bind()).toBeNull();
    await age(0);
    expect(await bind()).toMatchObject({ mime: 'image/jpeg' });
    expect(await bind({ threadId: uuid7() as ThreadId })).toBeNull();
  });

  it('goes after a day in which nobody sent it', async () => {
    const { id } = mediaOf(await upload());
    const job = unsentUploadsJob({ db: gateway.db, blobs: createDiskBlobs(gateway.blobDir) });
    await job.run();
    expect(await filesOf()).toContain(id);
    await gateway.db.run(
      'test',
      (sql) => sql`update media set created_at = now() - interval '26 hours' where id = ${id}`,
    );
    expect(await job.run()).toBe(1);
    expect((await filesOf()).filter((name) => name.startsWith(id))).toEqual([]);
  });
});

describe('a link for a carrier', () => {
  it('opens its attachment and no other, for an hour', async () => {
    const { id } = mediaOf(await upload());
    const other = mediaOf(await upload());
    const link = testLinks.urlOf(tenantId, id)!;
    const path = new URL(link).pathname;
    const answer = await ask(gateway, { path });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'image/jpeg']);
    expect((await ask(gateway, { path: path.replace(id, other.id) })).status).toBe(404);
    expect((await ask(gateway, { path: `${path}x` })).status).toBe(404);
    expect((await ask(gateway, { path: '/api/media/public/nothing' })).status).toBe(404);
    expect(testLinks.read(path.split('/').at(-1)!)).toEqual({ tenantId, mediaId: id });
    const clock = { now: () => new Date(), nowMs: () => Date.now() - 3_601_000 };
    const old = createMediaLinks({ secret: 's'.repeat(48), publicUrl: 'https://inbox.example.test', clock });
    expect((await ask(gateway, { path: new URL(old.urlOf(tenantId, id)!).pathname })).status).toBe(404);
  });
});
