/**
 * Files on their way to the server, as a pure value. A file is uploaded first, or, where the server has it, made an
 * attachment of; then a message that names it goes through the outbox.
 *
 * | state       | meaning                                       | next                                            |
 * | ----------- | --------------------------------------------- | ----------------------------------------------- |
 * | `waiting`   | its turn, or the connection, has not come     | `uploading`                                     |
 * | `uploading` | bytes are going out                           | `handed` (stored), `waiting` (again), `failed`  |
 * | `handed`    | the outbox has its message                    | gone when the outbox has done with it           |
 * | `failed`    | the server refused; shown with its reason     | `waiting` (again), gone (dismissed)             |
 *
 * One goes at a time, so that files arrive in the order in which they were chosen.
 */
import type { MediaKind } from '../../../src/contract/capabilities.ts';
import type { ErrorBody } from '../../../src/contract/errors.ts';
import { fileIn, type SendContent } from './content.ts';
import type { Outbox } from './outbox.ts';
import type { SendableFile } from './stored-file.ts';

/** A file as a person wants it sent. */
export interface NewUpload {
  /** Becomes the id of the command that sends the message. */
  readonly commandId: string;
  readonly threadId: string;
  readonly accountId: string;
  readonly kind: MediaKind;
  readonly voice: boolean;
  readonly file: SendableFile;
  /** Object URL of the file, for showing it meanwhile; whoever removes the upload revokes it. Null for one of the server. */
  readonly previewUrl: string | null;
  /** Builds the message content once the file has an id. */
  readonly contentWith: (mediaId: string) => SendContent;
  readonly replyToMessageId: string | null;
  /** ISO 8601, by the server's clock. */
  readonly createdAt: string;
}

/** An upload with its state; see the table above. */
export interface Upload extends NewUpload {
  readonly state: 'waiting' | 'uploading' | 'handed' | 'failed';
  /** Share of the bytes that went out, 0 to 1. */
  readonly progress: number;
  /** Set once it is stored. */
  readonly mediaId: string | null;
  readonly error: ErrorBody | null;
}

/** Oldest first. */
export type Uploads = readonly Upload[];

/** Adds files after those that wait. */
export function enqueueUploads(uploads: Uploads, files: readonly NewUpload[]): Uploads {
  const fresh = files.map((file) => ({ ...file, state: 'waiting', progress: 0, mediaId: null, error: null }) as const);
  return [...uploads, ...fresh];
}

/** Changes one upload. */
export function changeUpload(uploads: Uploads, commandId: string, change: Partial<Upload>): Uploads {
  return uploads.map((upload) => (upload.commandId === commandId ? { ...upload, ...change } : upload));
}

/** The upload to begin now; null while one is under way or none waits. */
export function nextUpload(uploads: Uploads): Upload | null {
  if (uploads.some(({ state }) => state === 'uploading')) return null;
  return uploads.find(({ state }) => state === 'waiting') ?? null;
}

/** Uploads whose message is no longer in the outbox: committed, or dismissed. */
export function finishedUploads(uploads: Uploads, outbox: Outbox): Uploads {
  const named = new Set(outbox.map(({ input }) => fileIn(input as unknown as SendContent)));
  return uploads.filter(({ state, mediaId }) => state === 'handed' && !named.has(mediaId));
}

/** The uploads of a thread that have no message in the outbox yet. */
export function uploadsOf(uploads: Uploads, threadId: string): Uploads {
  return uploads.filter((upload) => upload.threadId === threadId && upload.state !== 'handed');
}
