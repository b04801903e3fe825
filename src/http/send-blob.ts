/** Answers with stored bytes: whole, a range, or "not modified". */
import type { Context } from 'koa';
import { InboxError } from '../contract/errors.ts';
import type { BlobStore, ByteRange } from '../platform/blobs.ts';
import { HttpRefusal } from './errors.ts';

/** `etag` identifies exactly these bytes; other bytes need another one. */
export interface BlobToSend {
  readonly key: string;
  readonly mime: string;
  readonly filename: string | null;
  readonly etag: string;
  /** For machines: sent with its real type, to be saved and never displayed. */
  readonly saved?: boolean;
}

/** Types that a browser displays without executing anything; everything else is saved as a file. */
const SHOWN = /^(image\/(png|jpeg|gif|webp)|audio\/[\w.+-]+|video\/[\w.+-]+|text\/plain|application\/pdf)$/;

/** Sets status, headers and body, for GET and HEAD. Throws not_found, or 416 for a range beyond the end. */
export async function sendBlob(ctx: Context, blobs: BlobStore, blob: BlobToSend): Promise<void> {
  const size = await blobs.size(blob.key);
  if (size === null) throw new InboxError('not_found', 'The attachment is not stored any more.');
  ctx.status = 200;
  ctx.set('etag', `"${blob.etag}"`);
  if (ctx.fresh) {
    describe(ctx, blob);
    ctx.status = 304;
    return;
  }
  const range = parseRange(wantedRange(ctx), size);
  if (range === 'unsatisfiable') {
    ctx.remove('etag');
    ctx.set('content-range', `bytes */${String(size)}`);
    throw new HttpRefusal('invalid_input', 'The range is outside of the attachment.', { status: 416 });
  }
  describe(ctx, blob);
  const { start, end } = range ?? { start: 0, end: size - 1 };
  if (range !== null) {
    ctx.status = 206;
    ctx.set('content-range', `bytes ${String(start)}-${String(end)}/${String(size)}`);
  }
  if (ctx.method !== 'HEAD') ctx.body = size === 0 ? '' : blobs.read(blob.key, { start, end });
  ctx.length = end - start + 1;
}

/** Headers that describe the bytes; an error answer must not carry them. */
function describe(ctx: Context, { mime, filename, saved = false }: BlobToSend): void {
  const type = mime.split(';')[0]?.trim().toLowerCase() ?? '';
  const shown = !saved && SHOWN.test(type);
  ctx.set({
    'content-type': shown || saved ? type : 'application/octet-stream',
    'content-disposition': `${shown ? 'inline' : 'attachment'}${filename === null ? '' : `; ${fileNames(filename)}`}`,
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'accept-ranges': 'bytes',
    'cache-control': 'private, max-age=3600',
  });
}

/** The wanted range. A caller with other bytes (`If-Range` differs) gets all of them, as a range would not fit its own. */
function wantedRange(ctx: Context): string {
  const having = ctx.get('if-range');
  return having === '' || having === ctx.response.get('etag') ? ctx.get('range') : '';
}

/** RFC 6266: a plain name for old clients, the complete one in UTF-8. */
function fileNames(filename: string): string {
  const whole = filename.toWellFormed();
  const plain = whole.replace(/[^\w .()-]/g, '_');
  const encoded = encodeURIComponent(whole).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `filename="${plain}"; filename*=UTF-8''${encoded}`;
}

/** A single range; null for none, several or another unit, which RFC 9110 allows to ignore. */
function parseRange(header: string, size: number): ByteRange | 'unsatisfiable' | null {
  const fromStart = /^bytes=(\d+)-(\d*)$/.exec(header.trim());
  const fromEnd = /^bytes=-(\d+)$/.exec(header.trim());
  if (fromEnd !== null) return within({ start: Math.max(0, size - Number(fromEnd[1])), end: size - 1 });
  if (fromStart === null) return null;
  const last = fromStart[2] === '' ? Infinity : Number(fromStart[2]);
  return within({ start: Number(fromStart[1]), end: Math.min(last, size - 1) });
}

function within(range: ByteRange): ByteRange | 'unsatisfiable' {
  return range.start > range.end ? 'unsatisfiable' : range;
}
