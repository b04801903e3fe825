/** Files of saved replies: added by managers, shown to the team, and made attachments of messages. */
import type { Context } from 'koa';
import type Router from '@koa/router';
import { InboxError } from '../contract/errors.ts';
import { SavedReplyFileId } from '../contract/ids.ts';
import { ReplyFileToSend, type Uploaded } from '../contract/rest.ts';
import { SavedReplyFileQuery, type StoredReplyFile } from '../contract/saved-replies.ts';
import type { Caller } from '../inbox/command.ts';
import type { ReplyFiles } from '../inbox/reply-files/reply-files.ts';
import { cleanText } from '../lib/text.ts';
import type { BlobStore } from '../platform/blobs.ts';
import { refuseEncoded } from './body.ts';
import { parseQuery } from './query.ts';
import type { Limiter } from './rate-limit.ts';
import { sendBlob } from './send-blob.ts';
import { authenticate, type HttpSessions } from './sessions.ts';
import { announced, flowing, unread } from './upload.ts';

/** What these routes depend on. */
export interface ReplyFilesDeps {
  readonly sessions: HttpSessions;
  readonly replyFiles: ReplyFiles;
  readonly blobs: BlobStore;
  readonly perTenant: Limiter;
  readonly uploadsPerTenant: Limiter;
}

const FILES = '/api/saved-replies/files';

/** Adds the routes; each GET also with HEAD. */
export function registerReplyFiles(router: Router, deps: ReplyFilesDeps): void {
  router.post(FILES, async (ctx) => {
    try {
      const caller = await authenticate(ctx, deps.sessions);
      await deps.uploadsPerTenant.take(caller.tenantId);
      refuseEncoded(ctx.req);
      const { filename } = parseQuery(SavedReplyFileQuery, ctx);
      const file = await deps.replyFiles.accept(caller, {
        filename: cleanText(filename, filename.length),
        mime: ctx.get('content-type'),
        announcedBytes: announced(ctx),
        body: flowing(ctx),
      });
      ctx.status = 201;
      ctx.body = { file } satisfies StoredReplyFile;
    } catch (error) {
      throw unread(error, ctx);
    }
  });
  router.get(`${FILES}/:fileId`, async (ctx) => {
    const { storageKey: key, sha256: etag, mime, filename } = await find(ctx, deps);
    await sendBlob(ctx, deps.blobs, { key, etag, mime, filename });
  });
  router.get(`${FILES}/:fileId/thumbnail`, async (ctx) => {
    const { thumbnailKey: key, sha256 } = await find(ctx, deps);
    if (key === null) throw new InboxError('not_found', 'This file has no small picture.');
    await sendBlob(ctx, deps.blobs, { key, mime: 'image/webp', filename: null, etag: `${sha256}-small` });
  });
  router.post(`${FILES}/:fileId/media`, async (ctx) => {
    const caller = await authenticate(ctx, deps.sessions);
    await deps.uploadsPerTenant.take(caller.tenantId);
    const media = await deps.replyFiles.copy(caller, idOf(ctx), parseQuery(ReplyFileToSend, ctx));
    ctx.status = 201;
    ctx.body = { media } satisfies Uploaded;
  });
}

const gone = (): InboxError => new InboxError('not_found', 'This file is in no saved reply any more.');

/** Throws not_found for what is no id. */
function idOf(ctx: Context): SavedReplyFileId {
  const id = SavedReplyFileId.safeParse((ctx['params'] as { fileId?: unknown }).fileId);
  if (!id.success) throw gone();
  return id.data;
}

/** Throws not_found for what the caller may not see. */
async function find(ctx: Context, deps: ReplyFilesDeps): Promise<NonNullable<Awaited<ReturnType<ReplyFiles['find']>>>> {
  const caller: Caller = await authenticate(ctx, deps.sessions);
  await deps.perTenant.take(caller.tenantId);
  const file = await deps.replyFiles.find(caller, idOf(ctx));
  if (file === null) throw gone();
  return file;
}
