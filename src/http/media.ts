/** Stored attachments, for whoever may see their message. */
import type { Context } from 'koa';
import type Router from '@koa/router';
import { MediaId } from '../contract/ids.ts';
import { InboxError } from '../contract/errors.ts';
import type { AttachmentFinder, BlobReader, StoredAttachment } from '../inbox/media/attachment.ts';
import { HttpRefusal } from './errors.ts';
import type { Limiter } from './rate-limit.ts';
import { authenticate, type HttpSessions } from './sessions.ts';

/** What attachments are served from. */
export interface MediaDeps {
  readonly sessions: HttpSessions;
  readonly findAttachment: AttachmentFinder;
  readonly blobs: BlobReader;
  readonly perTenant: Limiter;
}

/** What a browser shows without running anything of it; everything else is saved as a file. */
const SHOWN = /^(image\/(png|jpeg|gif|webp)|audio\/[\w.+-]+|video\/[\w.+-]+|text\/plain|application\/pdf)$/;

/** Adds `GET /api/media/:mediaId`. */
export function registerMedia(router: Router, deps: MediaDeps): void {
  router.get('/api/media/:mediaId', async (ctx) => {
    const caller = await authenticate(ctx, deps.sessions);
    await deps.perTenant.take(caller.tenantId);
    const id = MediaId.safeParse(ctx.params['mediaId']);
    const attachment = id.success ? await deps.findAttachment(caller, id.data) : null;
    if (attachment === null) throw new InboxError('not_found', 'There is no such attachment, or it is not ready.');
    const size = await deps.blobs.size(attachment.storageKey);
    if (size === null) throw new InboxError('not_found', 'The attachment is not stored any more.');
    describe(ctx, attachment);
    const range = parseRange(ctx.get('range'), size);
    if (range === 'unsatisfiable') {
      ctx.set('content-range', `bytes */${String(size)}`);
      throw new HttpRefusal('invalid_input', 'The range is outside of the attachment.', { status: 416 });
    }
    const { start, end } = range ?? { start: 0, end: size - 1 };
    if (range !== null) {
      ctx.status = 206;
      ctx.set('content-range', `bytes ${String(start)}-${String(end)}/${String(size)}`);
    }
    ctx.length = end - start + 1;
    ctx.body = size === 0 ? '' : deps.blobs.read(attachment.storageKey, { start, end });
  });
}

function describe(ctx: Context, { mime, filename }: StoredAttachment): void {
  const type = mime.split(';')[0]?.trim().toLowerCase() ?? '';
  const shown = SHOWN.test(type);
  ctx.set({
    'content-type': shown ? type : 'application/octet-stream',
    'content-disposition': `${shown ? 'inline' : 'attachment'}${filename === null ? '' : `; ${fileNames(filename)}`}`,
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'accept-ranges': 'bytes',
    'cache-control': 'private, max-age=3600',
  });
}

/** RFC 6266: a plain name for old readers, the whole one in UTF-8. */
function fileNames(filename: string): string {
  const whole = filename.toWellFormed();
  const plain = whole.replace(/[^\w .()-]/g, '_');
  const encoded = encodeURIComponent(whole).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `filename="${plain}"; filename*=UTF-8''${encoded}`;
}

interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** One range; null for none, several or another unit, which RFC 9110 allows to ignore. */
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
