/** Uploads files one after the other and hands each to the outbox. */
import { serverNow } from '../clock.ts';
import type { Store } from '../state/store.ts';
import { passesInMs } from './conflict.ts';
import type { Feed } from './feed.ts';
import { isStored } from './stored-file.ts';
import { uploadFile, uploadReplyFile, type ReplyFileAnswer, type UploadAnswer } from './upload-request.ts';
import {
  changeUpload,
  enqueueUploads,
  finishedUploads,
  nextUpload,
  type NewUpload,
  type Upload,
  type Uploads,
} from './uploads.ts';

/** Pause before an upload without an answer is tried again. */
const RETRY_MS = 3000;

/** A chosen file and the message that shows it. */
export type ChosenFile = Pick<NewUpload, 'accountId' | 'kind' | 'voice' | 'file' | 'contentWith' | 'replyToMessageId'>;

/** What screens may do with files. */
export interface UploadActions {
  /** Sends files to a thread, in this order. */
  readonly sendFiles: (threadId: string, files: readonly ChosenFile[]) => void;
  /** Stops and forgets an upload. */
  readonly cancelUpload: (commandId: string) => void;
  /** Tries a refused upload once more. */
  readonly retryUpload: (commandId: string) => void;
  /** Uploads a file that some other message will use. Null: no answer. */
  readonly storeFile: (file: Pick<ChosenFile, 'accountId' | 'kind' | 'file'>) => Promise<UploadAnswer>;
  /** Uploads a file that a saved reply is to have. Null: no answer. */
  readonly storeReplyFile: (file: File, how: ReplyUpload) => Promise<ReplyFileAnswer>;
}

/** What the person sees of an upload, and how they end it. */
interface ReplyUpload {
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
}

const inputOf = ({ threadId, contentWith, replyToMessageId }: Upload, mediaId: string): Record<string, unknown> => ({
  threadId,
  ...contentWith(mediaId),
  ...(replyToMessageId === null ? {} : { replyToMessageId }),
});

/** Watches the store for uploads to begin, continue or finish. */
class Uploader {
  readonly #store: Store;
  readonly #feed: Feed;
  readonly #running = new Map<string, AbortController>();
  #owner: string | null = null;

  constructor(store: Store, feed: Feed) {
    this.#store = store;
    this.#feed = feed;
    store.subscribe(() => {
      this.#pump();
    });
  }

  add(threadId: string, files: readonly ChosenFile[]): void {
    const createdAt = new Date(serverNow()).toISOString();
    const fresh = files.map((chosen) => ({
      ...chosen,
      commandId: crypto.randomUUID(),
      threadId,
      createdAt,
      previewUrl: isStored(chosen.file) ? null : URL.createObjectURL(chosen.file),
    }));
    this.#set((uploads) => enqueueUploads(uploads, fresh));
  }

  cancel(commandId: string): void {
    this.#running.get(commandId)?.abort();
    this.#running.delete(commandId);
    this.#forget(this.#store.get().uploads.filter((upload) => upload.commandId === commandId));
  }

  patch(commandId: string, change: Partial<Upload>): void {
    this.#set((uploads) => changeUpload(uploads, commandId, change));
  }

  #set(change: (uploads: Uploads) => Uploads): void {
    this.#store.update((state) => ({ ...state, uploads: change(state.uploads) }));
  }

  #forget(gone: Uploads): void {
    const ids = new Set(gone.map(({ commandId }) => commandId));
    for (const { previewUrl } of gone) if (previewUrl !== null) URL.revokeObjectURL(previewUrl);
    this.#set((uploads) => uploads.filter(({ commandId }) => !ids.has(commandId)));
  }

  #pump(): void {
    const { uploads, outbox, machine, owner, erased } = this.#store.get();
    const isSomebodyElse = owner !== this.#owner;
    this.#owner = owner;
    if (uploads.length === 0) return;
    const unwanted = uploads.filter(({ threadId }) => isSomebodyElse || erased.has(threadId));
    if (unwanted.length > 0) {
      for (const { commandId } of unwanted) this.cancel(commandId);
      return;
    }
    const done = finishedUploads(uploads, outbox);
    if (done.length > 0) this.#forget(done);
    const next = machine.isReady ? nextUpload(uploads) : null;
    if (next !== null) void this.#run(next);
  }

  async #run(upload: Upload): Promise<void> {
    const { commandId } = upload;
    const { session } = this.#store.get();
    if (session === null) return;
    const abort = new AbortController();
    this.#running.set(commandId, abort);
    this.patch(commandId, { state: 'uploading', progress: 0 });
    const onProgress = (progress: number): void => {
      this.patch(commandId, { progress });
    };
    const answer = await uploadFile({ ...upload, session, onProgress, signal: abort.signal });
    this.#running.delete(commandId);
    if (!abort.signal.aborted) this.#take(upload, answer);
  }

  #take(upload: Upload, answer: UploadAnswer): void {
    const { commandId, threadId, createdAt } = upload;
    if (answer !== null && 'mediaId' in answer) {
      const input = inputOf(upload, answer.mediaId);
      this.#feed.submit({ commandId, name: 'message:send', threadId, createdAt, input });
      this.patch(commandId, { state: 'handed', mediaId: answer.mediaId });
      return;
    }
    const error = answer?.error ?? null;
    // Until it is tried again the next one waits, which keeps the order.
    const againInMs = error === null ? RETRY_MS : passesInMs(error);
    if (againInMs === null) this.patch(commandId, { state: 'failed', error });
    else
      setTimeout(() => {
        this.patch(commandId, { state: 'waiting' });
      }, againInMs);
  }
}

/** Builds the actions over the store and the feed. */
export function makeUploadActions(store: Store, feed: Feed): UploadActions {
  const uploader = new Uploader(store, feed);
  return {
    sendFiles: (threadId, files) => {
      uploader.add(threadId, files);
    },
    cancelUpload: (commandId) => {
      uploader.cancel(commandId);
    },
    retryUpload: (commandId) => {
      uploader.patch(commandId, { state: 'waiting', error: null });
    },
    storeFile: async (chosen) => {
      const { session } = store.get();
      return session === null ? null : await uploadFile({ ...chosen, session, voice: false });
    },
    storeReplyFile: async (file, how) => {
      const { session } = store.get();
      return session === null ? null : await uploadReplyFile({ ...how, session, file });
    },
  };
}
