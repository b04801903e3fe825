/** `saved-reply:create`, `saved-reply:update`, `saved-reply:remove`. */
import { InboxError } from '../../contract/errors.ts';
import type { SavedReplyFileId, SavedReplyId, TenantId } from '../../contract/ids.ts';
import type { SavedReply } from '../../contract/saved-replies.ts';
import { MAX_SAVED_REPLY_BYTES, MOST_REPLY_FILES, MOST_SAVED_REPLIES } from '../../contract/saved-reply-text.ts';
import { uuid7 } from '../../lib/uuid7.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { AuditEntry, Command, CommandContext } from '../command.ts';
import { AsLogged, type Change } from '../event-log.ts';
import { invalidField } from '../input.ts';
import { canManageSavedReplies } from '../team/ability.ts';
import { countFiles, setFiles } from './file-queries.ts';
import {
  deleteSavedReply,
  findSavedReplies,
  insertSavedReply,
  lockSavedReplies,
  sizeOfSavedReplies,
  writeSavedReply,
  type SavedReplyRow,
} from './queries.ts';

/** Saved replies of the business stay as they are until the transaction ends. Throws forbidden. */
async function holdSavedReplies({ tx, caller, ability }: CommandContext): Promise<void> {
  if (!canManageSavedReplies(ability))
    throw new InboxError('forbidden', 'Only managers and administrators change saved replies.');
  await lockSavedReplies(tx, caller.tenantId);
}

interface Seen {
  readonly savedReplyId: SavedReplyId;
  readonly expectedVersion?: number | undefined;
}

/** Throws not_found, and conflict when it has changed since the caller saw it. */
function assertSeen(found: SavedReply | undefined, { expectedVersion }: Seen): SavedReply {
  if (found === undefined) throw new InboxError('not_found', 'There is no such saved reply.');
  if (expectedVersion === undefined || expectedVersion === found.version) return found;
  throw new InboxError('conflict', 'Somebody else changed this saved reply first.', { savedReply: found });
}

const taken = (savedReply: SavedReply): InboxError =>
  new InboxError('conflict', `/${savedReply.shortcut} is the shortcut of another saved reply.`, { savedReply });

const tooMany = (): InboxError =>
  new InboxError('conflict', `There can be ${String(MOST_SAVED_REPLIES)} saved replies. Remove one first.`);

const tooManyFiles = (): InboxError =>
  new InboxError('conflict', `Saved replies can have ${String(MOST_REPLY_FILES)} files altogether. Remove one first.`);

const tooLong = (): InboxError =>
  new InboxError(
    'conflict',
    `Saved replies can have ${String(MAX_SAVED_REPLY_BYTES / 1024)} KB of text altogether. Shorten or remove one first.`,
  );

/** Throws conflict when there is no room for this text beside the other saved replies. */
async function assertRoom(tx: Tx, { tenantId, id, text }: Pick<SavedReplyRow, 'tenantId' | 'id' | 'text'>) {
  const { count, bytes } = await sizeOfSavedReplies(tx, tenantId, id);
  if (count >= MOST_SAVED_REPLIES) throw tooMany();
  if (bytes + Buffer.byteLength(JSON.stringify(text)) > MAX_SAVED_REPLY_BYTES) throw tooLong();
}

/** Throws invalid_input for a file that the reply cannot have, and conflict when there are too many files. */
async function assertFiles(
  tx: Tx,
  reply: Pick<SavedReplyRow, 'tenantId' | 'id'>,
  files: readonly SavedReplyFileId[],
): Promise<void> {
  if (files.length === 0) return;
  const { usable, elsewhere } = await countFiles(tx, reply, files);
  if (usable !== files.length) throw invalidField('files', 'has a file that is not there any more; add it again');
  if (elsewhere + files.length > MOST_REPLY_FILES) throw tooManyFiles();
}

const changeOf = (
  type: 'saved-reply.updated' | 'saved-reply.removed',
  { tenantId, id }: { readonly tenantId: TenantId; readonly id: SavedReplyId },
): Change => ({ tenantId, type, id, threadId: null, before: null });

const entryOf = (action: 'added' | 'changed' | 'removed', id: SavedReplyId): AuditEntry => ({
  action: `saved_reply.${action}`,
  subjectType: 'saved_reply',
  subjectId: id,
});

const idsOf = ({ files }: SavedReply): readonly SavedReplyFileId[] => files.map(({ id }) => id);

/** Whether the reply is that already. */
function saysThat(
  reply: SavedReply,
  { shortcut, text, files }: Pick<SavedReply, 'shortcut' | 'text'> & { readonly files: readonly SavedReplyFileId[] },
): boolean {
  return shortcut === reply.shortcut && text === reply.text && files.join() === idsOf(reply).join();
}

/**
 * Throws forbidden, invalid_input for a file that is not there, and conflict when the shortcut is taken or the business
 * has as much as it may have.
 */
export const createSavedReply: Command<'saved-reply:create'> = {
  name: 'saved-reply:create',
  access: 'write',
  async run(context, { shortcut, text, files = [] }) {
    await holdSavedReplies(context);
    const { tx, caller } = context;
    const { tenantId, memberId: updatedBy } = caller;
    const [other] = await findSavedReplies(tx, tenantId, { id: null, shortcut });
    if (other !== undefined) throw taken(other);
    const row: SavedReplyRow = { tenantId, id: uuid7() as SavedReplyId, shortcut, text, updatedBy };
    await assertRoom(tx, row);
    await assertFiles(tx, row, files);
    const created = changeOf('saved-reply.updated', row);
    return {
      data: new AsLogged(created),
      writes: [insertSavedReply(tx, row), ...(files.length === 0 ? [] : [setFiles(tx, row, files)])],
      changes: [created],
      audit: [entryOf('added', row.id)],
    };
  },
};

/**
 * Of several with one `expectedVersion` exactly one succeeds. Logs nothing if it says that already. Throws forbidden,
 * not_found, invalid_input for a file that is not there, and conflict, also when the shortcut is taken or there is no
 * room.
 */
export const updateSavedReply: Command<'saved-reply:update'> = {
  name: 'saved-reply:update',
  access: 'write',
  async run(context, { shortcut = null, text, files, ...seen }) {
    await holdSavedReplies(context);
    const { tx, caller } = context;
    const { tenantId, memberId: updatedBy } = caller;
    const id = seen.savedReplyId;
    const found = await findSavedReplies(tx, tenantId, { id, shortcut });
    const present = assertSeen(
      found.find((one) => one.id === id),
      seen,
    );
    const other = found.find((one) => one.id !== id);
    if (other !== undefined) throw taken(other);
    const next = { shortcut: shortcut ?? present.shortcut, text: text ?? present.text, files: files ?? idsOf(present) };
    if (saysThat(present, next)) return { data: { savedReply: present } };
    if (next.text !== present.text) await assertRoom(tx, { ...next, tenantId, id });
    if (files !== undefined) await assertFiles(tx, { tenantId, id }, files);
    const changed = changeOf('saved-reply.updated', { tenantId, id });
    return {
      data: new AsLogged(changed),
      writes: [
        writeSavedReply(tx, { ...next, tenantId, id, updatedBy }),
        ...(files === undefined ? [] : [setFiles(tx, { tenantId, id }, files)]),
      ],
      changes: [changed],
      audit: [entryOf('changed', id)],
    };
  },
};

/** Throws forbidden, not_found, and conflict when it has changed since the caller saw it. */
export const removeSavedReply: Command<'saved-reply:remove'> = {
  name: 'saved-reply:remove',
  access: 'write',
  async run(context, seen) {
    await holdSavedReplies(context);
    const { tx, caller } = context;
    const { tenantId } = caller;
    const id = seen.savedReplyId;
    const [found] = await findSavedReplies(tx, tenantId, { id, shortcut: null });
    assertSeen(found, seen);
    const removed = changeOf('saved-reply.removed', { tenantId, id });
    return {
      data: new AsLogged(removed),
      writes: [setFiles(tx, { tenantId, id }, []), deleteSavedReply(tx, { tenantId, id })],
      changes: [removed],
      audit: [entryOf('removed', id)],
    };
  },
};
