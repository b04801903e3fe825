/** Files that members upload in order to send them: checked against the number's limits before anything is stored. */
import type { Capabilities, MediaKind } from '../../contract/capabilities.ts';
import { InboxError } from '../../contract/errors.ts';
import type { AccountId, MediaId, TenantId } from '../../contract/ids.ts';
import { refuseFile, type FileFacts } from '../../contract/media-limits.ts';
import type { Media } from '../../contract/message.ts';
import { uuid7 } from '../../lib/uuid7.ts';
import type { Database, Tx } from '../../platform/postgres.ts';
import { assertUsable, selectAccount, type CapabilityMap } from '../accounts/accounts.ts';
import type { Caller } from '../command.ts';
import { readAdmission } from '../command-log.ts';
import { abilityFor, canWriteSomewhere } from '../team/ability.ts';
import { claimedType, isStill, trueType, UNKNOWN_TYPE } from './file-type.ts';
import { spool, TooLargeError, type SpooledFile } from './spool.ts';
import { storeFile, type FileStore, type StoredFile } from './store-file.ts';
import { insertUpload, markUploaded } from './unsent.ts';

/** `announcedBytes` is null if the caller did not say. The body is read once, and to its end only if it is accepted. */
export interface Upload {
  readonly accountId: AccountId;
  readonly kind: MediaKind;
  readonly filename: string | null;
  readonly voice: boolean;
  /** The type that the caller claims; '' for none. */
  readonly mime: string;
  readonly announcedBytes: number | null;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Throws InboxError for every refusal, and the body's own error when it breaks. */
export type AcceptUpload = (caller: Caller, upload: Upload) => Promise<Media>;

/** The attachment is `ready` and belongs to its uploader until a message uses it. */
export function createUploads(deps: {
  readonly database: Database;
  readonly store: FileStore;
  readonly capabilities: CapabilityMap;
}): AcceptUpload {
  const { database, capabilities, store } = deps;
  return async (caller, upload) => {
    const can = await database.asTenant(
      caller.tenantId,
      'media.may_upload',
      (tx) => admit(tx, { caller, accountId: upload.accountId, capabilities }),
      {
        readOnly: true,
      },
    );
    const mime = claimedType(upload.mime);
    // Without a specific type only the bytes decide.
    if (mime !== UNKNOWN_TYPE) assertTaken(can, upload, { mime, sizeBytes: upload.announcedBytes ?? 1 });
    const file = await receive(can, upload);
    try {
      const real = await trueType(mime, file.head);
      assertTaken(can, upload, { mime: real, sizeBytes: file.sizeBytes, still: isStill(real, file.head) });
      return await keepUpload(database, caller, {
        upload,
        mime: real,
        store: (owner) => storeFile(store, owner, file, real),
      });
    } finally {
      await file.close();
    }
  };
}

/** What the number can send. Throws for members who may write to nobody, and for a number that cannot be used. */
export async function admit(
  tx: Tx,
  given: { readonly caller: Caller; readonly accountId: AccountId; readonly capabilities: CapabilityMap },
): Promise<Capabilities> {
  const { caller, accountId, capabilities } = given;
  const admission = await readAdmission(tx, caller, null);
  if (admission === null) throw new InboxError('forbidden', 'You are not a member of this team.');
  if (!canWriteSomewhere(abilityFor({ ...admission, memberId: caller.memberId }))) {
    throw new InboxError('forbidden', 'You may not write to customers.');
  }
  const account = await selectAccount(tx, caller.tenantId, accountId);
  if (account === null) throw new InboxError('not_found', 'There is no such WhatsApp number.');
  assertUsable(account);
  const can = capabilities[account.provider];
  if (can === undefined) throw new InboxError('unsupported', 'This kind of WhatsApp number cannot send yet.');
  return can;
}

/** Throws for a file that the number does not take as this kind. */
export function assertTaken(
  can: Capabilities,
  { kind, voice }: Pick<Upload, 'kind' | 'voice'>,
  file: Pick<FileFacts, 'mime' | 'sizeBytes' | 'still'>,
): void {
  const refusal = refuseFile(can, { kind, voice, ...file });
  if (refusal !== null) throw new InboxError(refusal.code, refusal.message);
}

/** Reads no more than the number accepts. */
async function receive(can: Capabilities, { kind, body }: Upload): Promise<SpooledFile> {
  const maxBytes = can.media[kind]?.maxBytes;
  if (maxBytes === undefined) throw new InboxError('unsupported', `This number cannot send files of kind ${kind}.`);
  try {
    return await spool(body, maxBytes);
  } catch (error) {
    if (!(error instanceof TooLargeError)) throw error;
    throw new InboxError(
      'payload_too_large',
      `With this number a file of kind ${kind} may have at most ${String(maxBytes)} bytes.`,
    );
  }
}

/** What becomes of an upload; `store` puts its bytes where they belong. */
interface Kept {
  readonly upload: Pick<Upload, 'accountId' | 'kind' | 'filename' | 'voice'>;
  readonly mime: string;
  readonly store: (owner: { readonly tenantId: TenantId; readonly mediaId: MediaId }) => Promise<StoredFile>;
}

/** Inserts the row first, so that every stored file has one, and is removed with it when nobody sends it. */
export async function keepUpload(
  database: Database,
  { tenantId, memberId }: Caller,
  { upload, mime, store }: Kept,
): Promise<Media> {
  const owner = { tenantId, mediaId: uuid7() as MediaId };
  await database.asTenant(tenantId, 'media.upload', (tx) => insertUpload(tx, { ...owner, memberId, upload, mime }));
  const stored = await store(owner);
  return await database.asTenant(tenantId, 'media.uploaded', (tx) => markUploaded(tx, owner, stored));
}
