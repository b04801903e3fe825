/** Files of saved replies: uploaded by managers, read by the team, and copied for each message that is sent with one. */
import type { Capabilities, MediaKind } from '../../contract/capabilities.ts';
import { InboxError } from '../../contract/errors.ts';
import type { AccountId, SavedReplyFileId } from '../../contract/ids.ts';
import type { Media } from '../../contract/message.ts';
import type { SavedReplyFile } from '../../contract/saved-replies.ts';
import { uuid7 } from '../../lib/uuid7.ts';
import type { Database, Tx } from '../../platform/postgres.ts';
import type { CapabilityMap } from '../accounts/accounts.ts';
import type { Caller } from '../command.ts';
import { readAdmission } from '../command-log.ts';
import { claimedType, trueType } from '../media/file-type.ts';
import { spool, TooLargeError, type SpooledFile } from '../media/spool.ts';
import { copyStored, storeFile, type FileStore } from '../media/store-file.ts';
import { admit, assertTaken, keepUpload, type Upload } from '../media/upload.ts';
import { abilityFor, canManageSavedReplies } from '../team/ability.ts';
import { findFile, insertFile, markStored, type FoundFile } from './queries.ts';

/** A file that a manager adds. Which number can send it is known when it is sent. */
export type NewReplyFile = Pick<Upload, 'mime' | 'announcedBytes' | 'body'> & { readonly filename: string };

/** As what, and with which number, a file is to be sent. */
export interface ToSend {
  readonly accountId: AccountId;
  readonly kind: MediaKind;
}

/** What members may do with files of saved replies. */
export interface ReplyFiles {
  /**
   * Stores a file that a reply can be saved with for a day. Throws forbidden, invalid_input, payload_too_large, and the
   * body's own error when it breaks.
   */
  accept(caller: Caller, file: NewReplyFile): Promise<SavedReplyFile>;
  /** For everybody on the team: the file of a reply, and for a day one that is in no reply. Null for any other. */
  find(caller: Caller, fileId: SavedReplyFileId): Promise<FoundFile | null>;
  /**
   * An attachment like one that the caller has uploaded. Throws not_found, and InboxError for what the number refuses.
   */
  copy(caller: Caller, fileId: SavedReplyFileId, to: ToSend): Promise<Media>;
}

/** What these need. */
export interface ReplyFilesDeps {
  readonly database: Database;
  readonly store: FileStore;
  readonly capabilities: CapabilityMap;
}

/** Under row-level security of the caller's tenant. */
export function createReplyFiles(deps: ReplyFilesDeps): ReplyFiles {
  const { database } = deps;
  const mostBytes = largestFile(Object.values(deps.capabilities));
  return {
    accept: async (caller, given) => {
      await database.asTenant(caller.tenantId, 'saved_replies.may_upload', (tx) => assertManager(tx, caller), {
        readOnly: true,
      });
      if (given.announcedBytes !== null) assertSize(given.announcedBytes, mostBytes);
      const file = await receive(given, mostBytes);
      try {
        assertSize(file.sizeBytes, mostBytes);
        return await keep(deps, caller, { given, file });
      } finally {
        await file.close();
      }
    },
    find: (caller, fileId) =>
      database.asTenant(
        caller.tenantId,
        'saved_replies.file',
        (tx) => findFile(tx, { tenantId: caller.tenantId, fileId }, caller.memberId),
        { readOnly: true },
      ),
    copy: async (caller, fileId, to) => copyToSend(deps, caller, { fileId, to }),
  };
}

/** The largest file that any carrier takes. */
function largestFile(all: readonly (Capabilities | undefined)[]): number {
  return Math.max(...all.flatMap((can) => Object.values(can?.media ?? {}).map(({ maxBytes }) => maxBytes)));
}

async function assertManager(tx: Tx, caller: Caller): Promise<void> {
  const admission = await readAdmission(tx, caller, null);
  if (admission === null || !canManageSavedReplies(abilityFor({ ...admission, memberId: caller.memberId })))
    throw new InboxError('forbidden', 'Only managers and administrators change saved replies.');
}

const tooLarge = (mostBytes: number): InboxError =>
  new InboxError('payload_too_large', `A file may have at most ${String(mostBytes / 1024 / 1024)} MB.`);

function assertSize(sizeBytes: number, mostBytes: number): void {
  if (sizeBytes === 0) throw new InboxError('invalid_input', 'The file is empty.');
  if (sizeBytes > mostBytes) throw tooLarge(mostBytes);
}

async function receive({ body }: NewReplyFile, mostBytes: number): Promise<SpooledFile> {
  try {
    return await spool(body, mostBytes);
  } catch (error) {
    throw error instanceof TooLargeError ? tooLarge(mostBytes) : error;
  }
}

async function keep(
  { database, store }: ReplyFilesDeps,
  { tenantId, memberId }: Caller,
  { given, file }: { readonly given: NewReplyFile; readonly file: SpooledFile },
): Promise<SavedReplyFile> {
  const mime = await trueType(claimedType(given.mime), file.head);
  const fileId = uuid7() as SavedReplyFileId;
  const owner = { tenantId, fileId };
  const { filename } = given;
  await database.asTenant(tenantId, 'saved_replies.upload', (tx) =>
    insertFile(tx, { ...owner, memberId, mime, filename }),
  );
  const stored = await storeFile(store, { tenantId, mediaId: fileId }, file, mime);
  return await database.asTenant(tenantId, 'saved_replies.uploaded', (tx) => markStored(tx, owner, stored));
}

/** Each message has bytes of its own, so that it and the reply can go without regard to each other. */
async function copyToSend(
  { database, store, capabilities }: ReplyFilesDeps,
  caller: Caller,
  { fileId, to }: { readonly fileId: SavedReplyFileId; readonly to: ToSend },
): Promise<Media> {
  const { tenantId, memberId } = caller;
  const { can, file } = await database.asTenant(
    tenantId,
    'saved_replies.may_send',
    async (tx) => ({
      can: await admit(tx, { caller, accountId: to.accountId, capabilities }),
      file: await findFile(tx, { tenantId, fileId }, memberId),
    }),
    { readOnly: true },
  );
  // Bytes may be missing after a restore.
  if (file === null || (await store.blobs.size(file.storageKey)) === null)
    throw new InboxError('not_found', 'This file is in no saved reply any more.');
  const upload = { ...to, voice: false, filename: file.filename };
  assertTaken(can, upload, file);
  return keepUpload(database, caller, {
    upload,
    mime: file.mime,
    store: (owner) => copyStored(store.blobs, file, owner),
  });
}
