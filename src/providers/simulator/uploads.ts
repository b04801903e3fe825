/** Files that the carriers' APIs receive. Only what a phone would show is kept, never the bytes. */
import { createHash } from 'node:crypto';
import { Busboy } from '@fastify/busboy';

/** A received file. `sha256` is hex. */
export interface SimFile {
  readonly mime: string;
  readonly filename: string | null;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Played as a voice message. */
  readonly voice: boolean;
}

/** Describes a file without keeping its bytes. */
export function simFile(bytes: Buffer, mime: string, filename: string | null, voice = false): SimFile {
  return { mime, filename, sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), voice };
}

/** The fields and the file of a `multipart/form-data` body; null when the body is not one. */
export async function readMultipart(
  body: Buffer,
  contentType: string,
): Promise<{ readonly fields: Readonly<Record<string, string>>; readonly file: SimFile | null } | null> {
  return new Promise((resolve) => {
    const fields: Record<string, string> = {};
    let file: SimFile | null = null;
    const form = new Busboy({ headers: { 'content-type': contentType } });
    form.on('field', (name, value) => (fields[name] = value));
    form.on('file', (_name, stream, ...about) => {
      const [filename, , mime] = about;
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => (file = simFile(Buffer.concat(chunks), mime, filename)));
    });
    // Whatever is wrong with the body, the caller only learns that it is not a form.
    form.on('error', () => {
      resolve(null);
    });
    form.on('finish', () => {
      resolve({ fields, file });
    });
    form.end(body);
  });
}

const MAX_UPLOADS = 1000;

/** The files uploaded to one simulator, by id. Keeps 1,000 and drops the oldest. */
export class Uploads {
  readonly #files = new Map<string, { readonly channel: string; readonly file: SimFile }>();
  #next = 5_000_000_000;

  /** Stores a file; returns its id, which is valid for messages of this channel. */
  add(channel: string, file: SimFile): string {
    const id = String(++this.#next);
    this.#files.set(id, { channel, file });
    const [oldest] = this.#files.keys();
    if (this.#files.size > MAX_UPLOADS && oldest !== undefined) this.#files.delete(oldest);
    return id;
  }

  find(channel: string, id: string): SimFile | null {
    const found = this.#files.get(id);
    return found?.channel === channel ? found.file : null;
  }
}
