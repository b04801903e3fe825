/** Files of saved replies over HTTP: who adds, reads and sends them, and when their bytes go. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AccountId, TenantId } from '../../src/contract/ids.ts';
import { Media } from '../../src/contract/message.ts';
import { SavedReply, SavedReplyFile } from '../../src/contract/saved-replies.ts';
import { unsentUploadsJob, unusedReplyFilesJob } from '../../src/inbox/housekeeping/unsent-uploads.ts';
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
  type Answer,
  type Gateway,
} from './support.ts';

const REPLIES = '/api/saved-replies';
const FILES = `${REPLIES}/files`;
const PDF = Buffer.from(`%PDF-1.4\n${'p'.repeat(500)}`);
const MB = 1024 * 1024;

type Headers = Record<string, string>;

let gateway: Gateway;
let tenantId: TenantId;
let cloudId: AccountId;
let twilioId: AccountId;
let lead: Headers;
let agent: Headers;
let stranger: Headers;
let photo: Buffer;

beforeAll(async () => {
  gateway = await startGateway();
  tenantId = await newTenant(gateway.db, 'acme');
  cloudId = await newAccount(gateway.db, { tenantId, provider: 'cloud', externalId: '1' });
  twilioId = await newAccount(gateway.db, {
    ...{ tenantId, provider: 'twilio', externalId: 'whatsapp:+15550100000' },
    accountSid: `AC${'0'.repeat(32)}`,
  });
  await newMember(gateway.db, { tenantId, email: 'lead@acme.test', role: 'manager' });
  await newMember(gateway.db, { tenantId, email: 'agent@acme.test', role: 'agent' });
  const other = await newTenant(gateway.db, 'other');
  await newMember(gateway.db, { tenantId: other, email: 'lead@other.test', role: 'tenant_admin' });
  [lead, agent, stranger] = [
    await logIn(gateway, 'lead@acme.test'),
    await logIn(gateway, 'agent@acme.test'),
    await logIn(gateway, 'lead@other.test'),
  ];
  photo = await sharp({ create: { width: 600, height: 300, channels: 3, background: '#543' } })
    .jpeg()
    .toBuffer();
});
afterAll(() => gateway.close());

beforeEach(async () => {
  await gateway.db.run('test.clear', (sql) => sql`delete from saved_replies`);
});

const upload = (body: Buffer, { name = 'a.pdf', type = 'application/pdf', by = lead } = {}): Promise<Answer> =>
  ask(gateway, {
    method: 'POST',
    path: `${FILES}?${new URLSearchParams({ filename: name }).toString()}`,
    headers: { ...by, 'content-type': type },
    body,
  });

const fileOf = (answer: Answer): SavedReplyFile => SavedReplyFile.parse(parse(answer)['file']);
const added = async (body: Buffer = PDF, how = {}): Promise<SavedReplyFile> => fileOf(await upload(body, how));
const anImage = (): Promise<SavedReplyFile> => added(photo, { name: 'shop.jpg', type: 'image/jpeg' });

const write = (method: string, path: string, body: object, by = lead): Promise<Answer> =>
  ask(gateway, { method, path, headers: { ...by, 'content-type': 'application/json' }, body: JSON.stringify(body) });

const save = async (files: readonly SavedReplyFile[]): Promise<SavedReply> => {
  const input = { shortcut: uuid7(), text: 'Our prices', files: files.map(({ id }) => id) };
  return SavedReply.parse(parse(await write('POST', REPLIES, input))['savedReply']);
};

const get = (path: string, by = agent): Promise<Answer> => ask(gateway, { path, headers: by });

const copy = (
  { id }: Pick<SavedReplyFile, 'id'>,
  { accountId = cloudId, kind = 'document', by = agent } = {},
): Promise<Answer> =>
  ask(gateway, { method: 'POST', path: `${FILES}/${id}/media?accountId=${accountId}&kind=${kind}`, headers: by });

const mediaOf = (answer: Answer): Media => Media.parse(parse(answer)['media']);

const stored = (): Promise<string[]> => readdir(join(gateway.blobDir, tenantId)).catch(() => []);
const houseDeps = () => ({ db: gateway.db, blobs: createDiskBlobs(gateway.blobDir) });

const age = (id: string, hours: number): Promise<unknown> =>
  gateway.db.run(
    'test.age',
    (sql) => sql`
      update saved_reply_files set unused_at = now() - make_interval(hours => ${hours}) where id = ${id}`,
  );

describe('a file that a manager adds to a saved reply', () => {
  it('is read by everybody on the team, with its picture, and by nobody else', async () => {
    const [image, list] = [await anImage(), await added(PDF, { name: 'Preise 2026.pdf' })];
    const saved = await save([list, image]);
    expect(saved.files).toEqual([list, image]);
    expect(list).toMatchObject({ filename: 'Preise 2026.pdf', mime: 'application/pdf', sizeBytes: PDF.length });
    expect(list.thumbnailUrl).toBeNull();
    const listed = SavedReply.array().parse(parse(await get(REPLIES))['items']);
    expect(listed).toEqual([saved]);
    const bytes = await get(list.url);
    expect([bytes.status, bytes.text]).toEqual([200, PDF.toString()]);
    expect(bytes.headers['content-disposition']).toContain('Preise');
    expect((await get(image.thumbnailUrl!)).headers['content-type']).toBe('image/webp');
    expect((await get(`${list.url}/thumbnail`)).status).toBe(404);
    for (const path of [list.url, image.thumbnailUrl!]) {
      expect((await get(path, stranger)).status).toBe(404);
      expect((await get(path, {})).status).toBe(401);
    }
    expect((await copy(list, { by: stranger })).status).toBe(404);
  });

  it('is not read by who has left the team', async () => {
    await newMember(gateway.db, { tenantId, email: 'gone@acme.test', role: 'agent' });
    const gone = await logIn(gateway, 'gone@acme.test');
    const file = await added();
    await save([file]);
    expect((await get(file.url, gone)).status).toBe(200);
    await gateway.db.run(
      'test.leave',
      (sql) => sql`
        update tenant_members m set removed_at = now() from users u where u.id = m.user_id and u.email = 'gone@acme.test'`,
    );
    expect([(await get(file.url, gone)).status, (await copy(file, { by: gone })).status]).not.toContain(200);
    expect((await copy(file, { by: gone })).status).not.toBe(201);
  });

  it.each<[string, () => Promise<Answer>, number]>([
    ['an agent adds it', () => upload(PDF, { by: agent }), 403],
    ['it is empty', () => upload(Buffer.alloc(0)), 400],
    ['it has no name', () => ask(gateway, { method: 'POST', path: FILES, headers: lead, body: PDF }), 400],
    ['its name is of nothing that can be stored', () => upload(PDF, { name: '\u0000' }), 400],
    ['it is larger than any carrier takes', () => upload(Buffer.alloc(100 * MB + 1, 1)), 413],
    ['nobody is logged in', () => upload(PDF, { by: {} }), 401],
  ])('is refused where %s, and leaves nothing behind', async (_case, send, status) => {
    const before = await stored();
    expect((await send()).status).toBe(status);
    expect(await stored()).toEqual(before);
  });

  it('is what its bytes are, whatever it is called', async () => {
    const html = Buffer.from('<html><script>alert(1)</script></html>');
    const file = await added(html, { name: 'photo.jpg', type: 'image/jpeg' });
    expect(file.mime).toBe('application/octet-stream');
    const answer = await get(file.url);
    expect(answer.headers['content-disposition']).toMatch(/^attachment/);
  });

  it.each(['text/html', 'image/svg+xml'])('is saved by a browser and never displayed where it is %s', async (type) => {
    const file = await added(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'), {
      ...{ name: 'a\r\nb"\u202egnp.svg', type },
    });
    const { headers } = await get(file.url);
    expect(headers['content-disposition']).toMatch(/^attachment; filename="a__b__gnp.svg"; /);
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-security-policy': "default-src 'none'; sandbox",
    });
  });

  it.each([
    ['has no subtype', 'no-type'],
    ['is longer than any', `application/${'x'.repeat(5000)}`],
    ['has signs of markup', 'text/"><b>'],
  ])('has no type where what it claims %s, like any upload', async (_case, type) => {
    expect((await added(Buffer.from('a;b'), { type })).mime).toBe('application/octet-stream');
    const path = `/api/media?accountId=${cloudId}&kind=document`;
    const own = await ask(gateway, {
      ...{ method: 'POST', path, headers: { ...agent, 'content-type': type }, body: Buffer.from('a;b') },
    });
    expect(mediaOf(own).mime).toBe('application/octet-stream');
  });

  it('is no attachment by its id, and an attachment is no file of a reply', async () => {
    const file = await added();
    await save([file]);
    const media = mediaOf(await copy(file));
    expect((await get(`/api/media/${file.id}`)).status).toBe(404);
    expect([(await get(`${FILES}/${media.id}`)).status, (await copy({ id: media.id as never })).status]).toEqual([
      404, 404,
    ]);
    const input = { shortcut: uuid7(), text: 'x', files: [media.id] };
    expect((await write('POST', REPLIES, input)).status).toBe(400);
    for (const id of ['..', '%2e%2e', `..%2f${media.id}`, `${file.id}%00`])
      expect([(await get(`${FILES}/${id}`)).status, (await copy({ id: id as never })).status]).toEqual([404, 404]);
  });
});

describe('sending it', () => {
  it('makes an attachment of it, with bytes of its own, without an upload', async () => {
    const image = await anImage();
    await save([image]);
    const media = mediaOf(await copy(image, { kind: 'image' }));
    expect(media).toMatchObject({
      ...{ state: 'ready', mime: 'image/jpeg', filename: 'shop.jpg', sizeBytes: photo.length },
      ...{ width: 600, height: 300 },
    });
    expect((await get(media.url!)).text).toBe((await get(image.url)).text);
    expect((await get(media.thumbnailUrl!)).status).toBe(200);
    // Like any upload it is its uploader's until it is sent, and goes when nobody sends it. The reply keeps its own.
    expect((await get(media.url!, lead)).status).toBe(404);
    await gateway.db.run(
      'test.age',
      (sql) => sql`update media set created_at = now() - interval '26 hours' where id = ${media.id}`,
    );
    expect(await unsentUploadsJob(houseDeps()).run()).toBe(1);
    expect((await get(media.url!)).status).toBe(404);
    expect((await get(image.url)).status).toBe(200);
  });

  it('is refused where the number does not take its type or size, before anything is sent', async () => {
    const text = await added(Buffer.from('a;b'), { name: 'prices.csv', type: 'text/csv' });
    const large = await added(Buffer.concat([photo, Buffer.alloc(6 * MB)]), { name: 'big.jpg', type: 'image/jpeg' });
    await save([text, large]);
    const before = await stored();
    const refused = await copy(text, { accountId: twilioId });
    expect([refused.status, errorOf(refused).code]).toEqual([422, 'unsupported']);
    expect((await copy(large, { kind: 'image' })).status).toBe(413);
    expect((await copy(text, { kind: 'poem' })).status).toBe(400);
    expect((await copy(text, { accountId: uuid7() as AccountId })).status).toBe(404);
    expect(await stored()).toEqual(before);
    expect([(await copy(text)).status, (await copy(large)).status]).toEqual([201, 201]);
  });
});

describe('its bytes', () => {
  it('stay for as long as a reply has it, and go a day after none has', async () => {
    const [kept, unsaved, taken, left] = [await added(), await added(), await added(), await added()];
    const saved = await save([kept, taken]);
    const removed = await save([left]);
    const sent = mediaOf(await copy(left));
    // They have been in it for weeks.
    for (const { id } of [kept, taken, left]) await age(id, 1000);
    await write('PATCH', `${REPLIES}/${saved.id}`, { files: [kept.id] });
    await write('POST', `${REPLIES}/${removed.id}/remove`, {});
    // Until then who has picked it can still send it.
    for (const { id, url } of [unsaved, taken, left]) {
      expect((await get(url)).status).toBe(200);
      await age(id, 24);
      expect([(await get(url)).status, (await copy({ id })).status]).toEqual([404, 404]);
    }
    expect(await unusedReplyFilesJob(houseDeps()).run()).toBe(0);
    for (const { id } of [kept, unsaved, taken, left]) await age(id, 26);
    expect(await unusedReplyFilesJob(houseDeps()).run()).toBe(3);
    const names = await stored();
    for (const { id } of [unsaved, taken, left]) expect(names).not.toContain(id);
    expect(names).toContain(kept.id);
    expect((await get(kept.url)).status).toBe(200);
    expect((await get(sent.url!)).text).toBe(PDF.toString());
    const rows = await gateway.db.run(
      'test.rows',
      (sql) => sql`select 1 from saved_reply_files where id in (${unsaved.id}, ${taken.id}, ${left.id})`,
    );
    expect(rows).toHaveLength(0);
  });

  it('that a restore did not bring back are answered as not there', async () => {
    const file = await added();
    await save([file]);
    await createDiskBlobs(gateway.blobDir).remove(`${tenantId}/${file.id}`);
    expect([(await get(file.url)).status, (await copy(file)).status]).toEqual([404, 404]);
  });

  it('go too where the release before removes the reply, which knows of no files', async () => {
    const file = await added();
    const saved = await save([file]);
    await gateway.db.run('test.before', (sql) => sql`delete from saved_replies where id = ${saved.id}`);
    await age(file.id, 26);
    expect(await stored()).toContain(file.id);
    await unusedReplyFilesJob(houseDeps()).run();
    expect(await stored()).not.toContain(file.id);
  });
});
