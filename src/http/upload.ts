/** `POST /api/media`: the bytes of a file that a member wants to send. */
import type { Context } from 'koa';
import type Router from '@koa/router';
import { InboxError } from '../contract/errors.ts';
import { UploadQuery, type Uploaded } from '../contract/rest.ts';
import type { AcceptUpload } from '../inbox/media/upload.ts';
import { cleanText } from '../lib/text.ts';
import { refuseEncoded } from './body.ts';
import { HttpRefusal } from './errors.ts';
import { parseQuery } from './query.ts';
import type { Limiter } from './rate-limit.ts';
import { authenticate, type HttpSessions } from './sessions.ts';

/** What uploads depend on. */
export interface UploadDeps {
  readonly sessions: HttpSessions;
  readonly acceptUpload: AcceptUpload;
  readonly uploadsPerTenant: Limiter;
}

/** An upload ends when no byte arrives for this long. */
const SILENCE_MS = 20_000;

/** Adds the route. Refuses as soon as a refusal is certain, without reading on. */
export function registerUpload(router: Router, deps: UploadDeps): void {
  router.post('/api/media', async (ctx) => {
    try {
      const caller = await authenticate(ctx, deps.sessions);
      await deps.uploadsPerTenant.take(caller.tenantId);
      refuseEncoded(ctx.req);
      const { accountId, kind, filename, voice } = parseQuery(UploadQuery, ctx);
      const media = await deps.acceptUpload(caller, {
        accountId,
        kind,
        voice: voice === true,
        body: flowing(ctx),
        filename: filename === undefined ? null : cleanText(filename, 240),
        mime: ctx.get('content-type'),
        announcedBytes: announced(ctx),
      });
      ctx.status = 201;
      ctx.body = { media } satisfies Uploaded;
    } catch (error) {
      throw unread(error, ctx);
    }
  });
}

/** What the caller says how long the body is; null for nothing. */
export function announced(ctx: Context): number | null {
  const length = ctx.get('content-length');
  return length === '' ? null : Number(length);
}

/** The body as it arrives. Throws 408 when it stops arriving or the caller has gone. */
export async function* flowing(ctx: Context): AsyncGenerator<Buffer> {
  const silence = setTimeout(() => ctx.req.destroy(new Error('The body stopped coming.')), SILENCE_MS);
  try {
    // Ending early must not cut the connection, which still has to carry the answer.
    for await (const piece of ctx.req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      silence.refresh();
      yield piece;
    }
  } catch {
    throw new HttpRefusal('invalid_input', 'The body did not arrive to its end.', { status: 408, unread: true });
  } finally {
    clearTimeout(silence);
  }
}

/** Marks a refusal so that it is answered without waiting for bytes that are still arriving. */
export function unread(error: unknown, ctx: Context): unknown {
  if (!(error instanceof InboxError) || error instanceof HttpRefusal || ctx.req.readableEnded) return error;
  return new HttpRefusal(error.code, error.message, { details: error.details, unread: true });
}
