/** Bodies that carry a file and are read while they are written: a file of any size is never held. */
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { HttpPost, OutboundFile } from './sending.ts';

/** A body of a known length. */
export type FileBody = NonNullable<Parameters<HttpPost>[0]['streamed']>;

const BASE_MS = 15_000;
/** A slow line of 2 MB/s, as far as the lease of an attempt allows. */
const BYTES_PER_MS = 2000;
const LONGEST_MS = 45_000;

/** How long a call with so many bytes may take, ms; within the default lease of an attempt. */
export function fileDeadlineMs(sizeBytes: number): number {
  return Math.min(LONGEST_MS, BASE_MS + Math.ceil(sizeBytes / BYTES_PER_MS));
}

/** Fields and one file as `multipart/form-data` (RFC 7578), the file last. */
export function multipart(
  fields: Readonly<Record<string, string>>,
  file: Pick<OutboundFile, 'mime' | 'sizeBytes' | 'open'> & { readonly name: string },
): FileBody {
  const boundary = `----${randomBytes(16).toString('hex')}`;
  const part = (name: string, more: string): string =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n`;
  const texts = Object.entries(fields).map(([name, value]) => `${part(name, '')}${value}\r\n`);
  const about = `; filename="${escaped(file.name)}"\r\ncontent-type: ${file.mime}`;
  const head = Buffer.from(texts.join('') + part('file', about));
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    sizeBytes: head.length + file.sizeBytes + tail.length,
    open: () => Readable.from(around(head, file.open(), tail), { objectMode: false }),
  };
}

/** As browsers write it. */
function escaped(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** A JSON object with the file as one more field, in base64. */
export function jsonWithFile(
  json: Readonly<Record<string, unknown>>,
  field: string,
  { sizeBytes, open }: Pick<OutboundFile, 'sizeBytes' | 'open'>,
): FileBody {
  const head = Buffer.from(`${JSON.stringify(json).slice(0, -1)},${JSON.stringify(field)}:"`);
  const tail = Buffer.from('"}');
  return {
    type: 'application/json',
    sizeBytes: head.length + Math.ceil(sizeBytes / 3) * 4 + tail.length,
    open: () => Readable.from(around(head, base64(open()), tail), { objectMode: false }),
  };
}

async function* around(head: Buffer, middle: AsyncIterable<Buffer>, tail: Buffer): AsyncGenerator<Buffer> {
  yield head;
  yield* middle;
  yield tail;
}

/** In slices of whole triples, so that the slices add up to one text. */
async function* base64(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of bytes) {
    const all = Buffer.concat([rest, chunk]);
    const whole = all.length - (all.length % 3);
    rest = all.subarray(whole);
    yield Buffer.from(all.toString('base64', 0, whole));
  }
  yield Buffer.from(rest.toString('base64'));
}
