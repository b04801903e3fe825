/** One upload over HTTP. Uses XMLHttpRequest, because fetch does not report upload progress. */
import type { ErrorBody } from '../../../src/contract/errors.ts';
import type { SavedSession } from '../state/store.ts';

/** The bytes and what they are to become. */
export interface UploadRequest {
  readonly session: SavedSession;
  readonly accountId: string;
  readonly kind: string;
  readonly voice: boolean;
  readonly file: File;
  /** Share of the bytes that went out, 0 to 1. */
  readonly onProgress?: (share: number) => void;
  readonly signal?: AbortSignal;
}

/** Null: no answer, so the outcome is unknown. The server removes uploads that no message uses. */
export type UploadAnswer = { readonly mediaId: string } | { readonly error: ErrorBody } | null;

function answerOf(request: XMLHttpRequest): UploadAnswer {
  const body = request.response as { media?: { id: string }; error?: ErrorBody } | null;
  if (request.status >= 200 && request.status < 300 && body?.media !== undefined) return { mediaId: body.media.id };
  // A gateway that is stopping or overloaded will take it later.
  if (body?.error === undefined || body.error.code === 'unavailable') return null;
  return { error: body.error };
}

/** POST /api/media with the raw bytes. Never rejects. */
export function uploadFile({ session, file, onProgress, signal, ...about }: UploadRequest): Promise<UploadAnswer> {
  const query = new URLSearchParams({
    accountId: about.accountId,
    kind: about.kind,
    filename: file.name,
    voice: String(about.voice),
  });
  const request = new XMLHttpRequest();
  request.open('POST', `/api/media?${query.toString()}`);
  request.responseType = 'json';
  request.setRequestHeader('authorization', `Bearer ${session.token}`);
  request.setRequestHeader('content-type', file.type === '' ? 'application/octet-stream' : file.type);
  if (session.tenantId !== null) request.setRequestHeader('x-tenant-id', session.tenantId);
  return new Promise((resolve) => {
    request.upload.addEventListener('progress', ({ loaded, total }) => {
      if (total > 0) onProgress?.(loaded / total);
    });
    request.addEventListener('loadend', () => {
      resolve(answerOf(request));
    });
    signal?.addEventListener('abort', () => {
      request.abort();
    });
    request.send(file);
  });
}
