/** Files over HTTP. Uses XMLHttpRequest, because fetch does not report upload progress. */
import type { ErrorBody } from '../../../src/contract/errors.ts';
import type { StoredReplyFile } from '../../../src/contract/saved-replies.ts';
import type { SavedSession } from '../state/store.ts';
import { isStored, type SendableFile } from './stored-file.ts';

/** Who asks, and what they are told meanwhile. */
interface Asking {
  readonly session: SavedSession;
  /** Share of the bytes that went out, 0 to 1. */
  readonly onProgress?: (share: number) => void;
  readonly signal?: AbortSignal;
}

/** A file and what it is to become. */
export interface UploadRequest extends Asking {
  readonly accountId: string;
  readonly kind: string;
  readonly voice: boolean;
  readonly file: SendableFile;
}

/** Null: no answer, so the outcome is unknown. The server removes uploads that no message uses. */
export type UploadAnswer = { readonly mediaId: string } | { readonly error: ErrorBody } | null;

/** Null: no answer. The server removes files that no saved reply uses. */
export type ReplyFileAnswer = StoredReplyFile | { readonly error: ErrorBody } | null;

type Answer = { readonly media?: { readonly id: string }; readonly file?: StoredReplyFile['file'] } | null;
type Refused = { readonly error: ErrorBody } | null;

/** POSTs the bytes, or nothing. Never rejects. */
function post(
  { session, onProgress, signal }: Asking,
  path: string,
  { query, file }: { readonly query: Readonly<Record<string, string>>; readonly file: File | null },
): Promise<XMLHttpRequest> {
  const request = new XMLHttpRequest();
  request.open('POST', `${path}?${new URLSearchParams(query).toString()}`);
  request.responseType = 'json';
  request.setRequestHeader('authorization', `Bearer ${session.token}`);
  if (file !== null)
    request.setRequestHeader('content-type', file.type === '' ? 'application/octet-stream' : file.type);
  if (session.tenantId !== null) request.setRequestHeader('x-tenant-id', session.tenantId);
  return new Promise((resolve) => {
    request.upload.addEventListener('progress', ({ loaded, total }) => {
      if (total > 0) onProgress?.(loaded / total);
    });
    request.addEventListener('loadend', () => {
      resolve(request);
    });
    signal?.addEventListener('abort', () => {
      request.abort();
    });
    request.send(file);
  });
}

function acceptedBy({ status, response }: XMLHttpRequest): Answer {
  return status >= 200 && status < 300 ? (response as Answer) : null;
}

/** A gateway that is stopping or overloaded will take it later. */
function refusedBy({ response }: XMLHttpRequest): Refused {
  const error = (response as { readonly error?: ErrorBody } | null)?.error;
  return error === undefined || error.code === 'unavailable' ? null : { error };
}

/** Makes an attachment that a message can use: of the bytes, or of a file that the server has. Never rejects. */
export async function uploadFile({ accountId, kind, voice, file, ...asking }: UploadRequest): Promise<UploadAnswer> {
  const request = isStored(file)
    ? await post(asking, `/api/saved-replies/files/${file.id}/media`, { query: { accountId, kind }, file: null })
    : await post(asking, '/api/media', {
        query: { accountId, kind, filename: file.name, voice: String(voice) },
        file,
      });
  const media = acceptedBy(request)?.media;
  return media === undefined ? refusedBy(request) : { mediaId: media.id };
}

/** Stores a file that a saved reply can have. Never rejects. */
export async function uploadReplyFile({ file, ...asking }: Asking & { readonly file: File }): Promise<ReplyFileAnswer> {
  const request = await post(asking, '/api/saved-replies/files', { query: { filename: file.name }, file });
  const stored = acceptedBy(request)?.file;
  return stored === undefined ? refusedBy(request) : { file: stored };
}
