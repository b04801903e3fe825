/** Files are streamed, never held: nobody reads further than a little ahead of what is on disk already. */
import { open, type FileHandle } from 'node:fs/promises';
import { devNull } from 'node:os';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi, type MockInstance } from 'vitest';
import { capabilities } from '../../../src/deps.ts';
import { createThumbnails } from '../../../src/inbox/media/thumbnail.ts';
import { createUploads } from '../../../src/inbox/media/upload.ts';
import { startMediaStage, type MediaStage } from '../../support/media-stage.ts';

const MB = 1024 * 1024;
const SIZE_BYTES = 20 * MB;
const TICKET = Buffer.from(JSON.stringify({ id: 'm1', url: 'http://127.0.0.1:9/bytes' }));
const PIECE = Buffer.alloc(65_536, 'x');

let stage: MediaStage;
let writev: MockInstance<FileHandle['writev']>;
let given = 0;
let furthestAhead = 0;

const bytesWritten = (): number =>
  writev.mock.settledResults.reduce(
    (sum, { type, value }) => (type === 'fulfilled' ? sum + value.bytesWritten : sum),
    0,
  );

/** 20 MB that note, at every piece, how far they were read ahead of what has been written to a file. */
async function* counted(): AsyncGenerator<Buffer> {
  writev.mockClear();
  [given, furthestAhead] = [0, 0];
  while (given < SIZE_BYTES) {
    given += PIECE.length;
    furthestAhead = Math.max(furthestAhead, given - bytesWritten());
    yield await Promise.resolve(PIECE);
  }
}

beforeAll(async () => {
  const handle = await open(devNull);
  const prototype = Object.getPrototypeOf(handle) as typeof handle;
  await handle.close();
  writev = vi.spyOn(prototype, 'writev');
  stage = await startMediaStage({
    open: ({ url }) => {
      const body = url.endsWith('/bytes') ? Readable.from(counted()) : Readable.from([TICKET]);
      return Promise.resolve({ ok: true, status: 200, headers: {}, body });
    },
  });
});
afterEach(() => {
  expect(given).toBe(SIZE_BYTES);
  expect(furthestAhead).toBeGreaterThan(0);
  expect(furthestAhead).toBeLessThan(2 * MB);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await stage.close();
});

describe('a file of 20 MB', () => {
  it('from a customer goes to disk as it comes', async () => {
    const account = await stage.addAccount('cloud', 'http://127.0.0.1:9');
    const message = await stage.receive(account, { kind: 'document', id: 'm1', mime: 'text/plain' });
    expect((await stage.settled(message)).media).toMatchObject({ state: 'ready', sizeBytes: SIZE_BYTES });
  });

  it('from a member goes to disk as it comes', async () => {
    const { accountId } = await stage.addAccount('cloud', 'http://127.0.0.1:9');
    const { gateway, blobs, tenantId, owner } = stage;
    const upload = createUploads({
      database: gateway.db,
      store: { blobs, makeThumbnail: createThumbnails() },
      capabilities,
    });
    const caller = await gateway.resolveCaller(owner['authorization']!.slice('Bearer '.length), tenantId);
    const what = { accountId, kind: 'document', filename: 'a.txt', voice: false, mime: 'text/plain' } as const;
    const media = await upload(caller, { ...what, announcedBytes: null, body: counted() });
    expect(media).toMatchObject({ state: 'ready', sizeBytes: SIZE_BYTES });
  });
});
