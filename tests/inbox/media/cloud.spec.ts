import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Message } from '../../../src/contract/message.ts';
import { MEDIA_STREAM } from '../../../src/inbox/media/download/queue.ts';
import { streamKeys } from '../../../src/platform/stream.ts';
import { SHARDS } from '../../http/support.ts';
import { json, sha256Of, startMediaCarrier, type MediaCarrier } from '../../support/media-carrier.ts';
import { startMediaStage, type MediaStage, type StageAccount } from '../../support/media-stage.ts';
import { waitFor } from '../../support/wait.ts';

let stage: MediaStage;
let carrier: MediaCarrier;
let account: StageAccount;
let photo: Buffer;
const PDF = Buffer.from('%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n');

beforeAll(async () => {
  stage = await startMediaStage();
  photo = await sharp({ create: { width: 1200, height: 600, channels: 3, background: '#345' } })
    .jpeg()
    .toBuffer();
});
afterAll(() => stage.close());
beforeEach(async () => {
  carrier = await startMediaCarrier();
  account = await stage.addAccount('cloud', carrier.url);
});
afterEach(() => carrier.close());

const bytesOf = async (path: string): Promise<Buffer> => {
  const answer = await fetch(`http://127.0.0.1:${String(stage.gateway.port)}${path}`, { headers: stage.owner });
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
};

/** The events that the message's change has made, in order. */
const eventsAbout = async (message: Message): Promise<string[]> => {
  const rows = await stage.gateway.db.run(
    'test.events',
    (sql) => sql<{ line: string }[]>`
      select type || ':' || (data->'message'->'media'->>'state') as line from tenant_events
      where data->'message'->>'id' = ${message.id} order by seq`,
  );
  return rows.map(({ line }) => line);
};

describe('an attachment that a customer sends', () => {
  it('is fetched at once and handed out byte for byte, with a small picture beside it', async () => {
    carrier.files.set('m1', photo);
    const message = await stage.receive(account, {
      kind: 'image',
      id: 'm1',
      mime: 'image/jpeg',
      sha256: sha256Of(photo),
    });
    const done = Message.parse(await stage.settled(message));
    expect(done.media).toMatchObject({
      state: 'ready',
      failure: null,
      sizeBytes: photo.length,
      width: 1200,
      height: 600,
    });
    expect((await bytesOf(done.media!.url!)).equals(photo)).toBe(true);
    const small = await sharp(await bytesOf(done.media!.thumbnailUrl!)).metadata();
    expect([small.format, small.width, small.height]).toEqual(['webp', 480, 240]);
    expect(await eventsAbout(message)).toEqual(['message.created:pending', 'message.updated:ready']);
    expect(carrier.calls.map(({ path }) => path)).toEqual([
      `/v24.0/m1?phone_number_id=${account.channel}`,
      '/files/m1',
    ]);
  });

  it('is asked for again where its address has run out', async () => {
    carrier.files.set('m1', PDF);
    carrier.answer = (call, response, index) => {
      if (index !== 1) return false;
      response.writeHead(404).end();
      return true;
    };
    const message = await stage.receive(account, {
      kind: 'document',
      id: 'm1',
      mime: 'application/pdf',
      filename: 'a.pdf',
    });
    expect((await stage.settled(message)).media).toMatchObject({ state: 'ready', filename: 'a.pdf' });
    expect(carrier.calls).toHaveLength(4);
  });

  it('that arrives damaged is not kept, and tried again', async () => {
    carrier.files.set('m1', PDF);
    let damaged = true;
    carrier.answer = (call, response) => {
      if (!damaged || !call.path.startsWith('/files/')) return false;
      response.writeHead(200).end(PDF.subarray(1));
      return true;
    };
    const message = await stage.receive(account, { kind: 'document', id: 'm1', mime: 'application/pdf' });
    await waitFor(() =>
      stage.gateway.logs.lines.some((line) => line['mediaId'] === message.media!.id && line['code'] === 'checksum'),
    );
    expect((await stage.seen(message)).media).toMatchObject({ state: 'pending', url: null });
    expect(await stage.blobs.size(`${account.tenantId}/${message.media!.id}`)).toBeNull();
    damaged = false;
    await stage.makeDue(message);
    expect((await stage.settled(message)).media).toMatchObject({ state: 'ready', sizeBytes: PDF.length });
  });

  it('that the carrier does not have fails, with words for an agent', async () => {
    carrier.answer = (_call, response) => {
      json(response, { error: { code: 100, message: 'Object with ID does not exist' } }, 400);
      return true;
    };
    const message = await stage.receive(account, { kind: 'image', id: 'gone', mime: 'image/jpeg' });
    const { media } = await stage.settled(message);
    expect(media).toMatchObject({ state: 'failed', url: null, thumbnailUrl: null });
    expect(media!.failure).toContain('Ask for it to be sent again');
    expect(await eventsAbout(message)).toEqual(['message.created:pending', 'message.updated:failed']);
  });

  it('that is no image is not served as one, whatever its sender calls it', async () => {
    const html = Buffer.from('<html><script>alert(1)</script></html>');
    carrier.files.set('m1', html);
    const message = await stage.receive(account, { kind: 'image', id: 'm1', mime: 'image/png' });
    const { media } = await stage.settled(message);
    expect(media).toMatchObject({ state: 'ready', mime: 'application/octet-stream', thumbnailUrl: null });
    const answer = await stage.get(media!.url!);
    expect(answer.headers['content-type']).toBe('application/octet-stream');
    expect(answer.headers['content-disposition']).toMatch(/^attachment/);
  });

  it('is one file, however often it is nudged', async () => {
    carrier.files.set('m1', photo);
    const message = await stage.receive(account, { kind: 'image', id: 'm1', mime: 'image/jpeg' });
    await Promise.all([1, 2, 3].map(() => stage.makeDue(message)));
    await stage.settled(message);
    await stage.makeDue(message);
    const files = await readdir(join(stage.gateway.blobDir, account.tenantId));
    expect(files.filter((name) => name.startsWith(message.media!.id)).sort()).toEqual([
      message.media!.id,
      `${message.media!.id}.webp`,
    ]);
    expect((await eventsAbout(message)).filter((line) => line === 'message.updated:ready')).toHaveLength(1);
  });

  it('comes although an entry before its nudge cannot be read', async () => {
    const { redis } = stage.gateway;
    const keys = streamKeys(MEDIA_STREAM, SHARDS);
    await Promise.all(keys.map((key) => redis.xadd(key, '*', 'j', '{"of":"a newer release"}')));
    carrier.files.set('m1', photo);
    const message = await stage.receive(account, { kind: 'image', id: 'm1', mime: 'image/jpeg' });
    await stage.settled(message);
    await waitFor(async () => (await Promise.all(keys.map((key) => redis.xlen(key)))).every((length) => length === 0));
  });
});
