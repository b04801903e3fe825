/** A file on its way into the store: in an unnamed file on disk, measured and hashed as it arrives. */
import { createHash, randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';

/** A whole file. `sha256` in hex; `head` its first bytes, at most 64 KB. */
export interface SpooledFile {
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly head: Buffer;
  /** Reads from the beginning. May be called repeatedly, one read at a time. */
  read(): Readable;
  close(): Promise<void>;
}

/** More bytes came than allowed. */
export class TooLargeError extends Error {
  readonly maxBytes: number;
  constructor(maxBytes: number) {
    super(`The file has more than ${String(maxBytes)} bytes.`);
    this.name = 'TooLargeError';
    this.maxBytes = maxBytes;
  }
}

const HEAD_BYTES = 65_536;
const PIECE_BYTES = 65_536;

/**
 * Reads `source` to its end, a piece at a time. Rejects with TooLargeError, or with the error of the source or the
 * disk.
 */
export async function spool(source: AsyncIterable<Uint8Array>, maxBytes: number): Promise<SpooledFile> {
  const file = await openNameless();
  try {
    const written = await writeAll(file, source, maxBytes);
    const read = (): Readable => Readable.from(piecesOf(file), { objectMode: false });
    return { ...written, read, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Without a name the file disappears with its process, however that ends. */
async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `hunfly-media-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}

async function writeAll(
  file: FileHandle,
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Pick<SpooledFile, 'sizeBytes' | 'sha256' | 'head'>> {
  const hash = createHash('sha256');
  const head: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of source) {
    if (sizeBytes + piece.length > maxBytes) throw new TooLargeError(maxBytes);
    if (sizeBytes < HEAD_BYTES) head.push(piece.slice(0, HEAD_BYTES - sizeBytes));
    hash.update(piece);
    await file.writev([piece]);
    sizeBytes += piece.length;
  }
  return { sizeBytes, sha256: hash.digest('hex'), head: Buffer.concat(head) };
}

/** Reads at explicit positions, so that one read does not disturb the next. */
async function* piecesOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (let position = 0; ;) {
    const { bytesRead, buffer } = await file.read({ buffer: Buffer.allocUnsafe(PIECE_BYTES), position });
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
  }
}
