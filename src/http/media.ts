/** Serves stored attachments to whoever may see their message. */
import type { Context } from 'koa';
import type Router from '@koa/router';
import { MediaId } from '../contract/ids.ts';
import { InboxError } from '../contract/errors.ts';
import type { AttachmentFinder, LinkedFinder, StoredAttachment } from '../inbox/media/attachment.ts';
import type { BlobStore } from '../platform/blobs.ts';
import type { Limiter } from './rate-limit.ts';
import { sendBlob } from './send-blob.ts';
import { authenticate, type HttpSessions } from './sessions.ts';

/** What serving attachments depends on. */
export interface MediaDeps {
  readonly sessions: HttpSessions;
  readonly findAttachment: AttachmentFinder;
  readonly findLinked: LinkedFinder;
  readonly blobs: BlobStore;
  readonly perTenant: Limiter;
}

/** Adds `GET /api/media/:mediaId`, its thumbnail, and signed links; each also with HEAD. */
export function registerMedia(router: Router, deps: MediaDeps): void {
  router.get('/api/media/public/:token', async (ctx) => {
    const file = await deps.findLinked(ctx.params['token'] ?? '');
    if (file === null) throw new InboxError('not_found', 'This link is not valid, or not any more.');
    await sendBlob(ctx, deps.blobs, {
      ...file,
      key: file.storageKey,
      etag: file.sha256 ?? file.storageKey,
      saved: true,
    });
  });
  router.get('/api/media/:mediaId', async (ctx) => {
    const { storageKey: key, sha256, ...file } = await find(ctx, deps);
    await sendBlob(ctx, deps.blobs, { ...file, key, etag: sha256 ?? key });
  });
  router.get('/api/media/:mediaId/thumbnail', async (ctx) => {
    const { thumbnailKey: key, sha256 } = await find(ctx, deps);
    if (key === null) throw new InboxError('not_found', 'This attachment has no small picture.');
    await sendBlob(ctx, deps.blobs, { key, mime: 'image/webp', filename: null, etag: `${sha256 ?? key}-small` });
  });
}

/** Throws not_found for anything the caller may not see. */
async function find(ctx: Context, deps: MediaDeps): Promise<StoredAttachment> {
  const caller = await authenticate(ctx, deps.sessions);
  await deps.perTenant.take(caller.tenantId);
  const id = MediaId.safeParse((ctx['params'] as { mediaId?: unknown }).mediaId);
  const attachment = id.success ? await deps.findAttachment(caller, id.data) : null;
  if (attachment === null) throw new InboxError('not_found', 'There is no such attachment, or it is not ready.');
  return attachment;
}
