/** `saved-reply:create`, `saved-reply:update`, `saved-reply:remove`. */
import { InboxError } from '../../contract/errors.ts';
import type { SavedReplyId, TenantId } from '../../contract/ids.ts';
import type { SavedReply } from '../../contract/saved-replies.ts';
import { MAX_SAVED_REPLY_BYTES, MOST_SAVED_REPLIES } from '../../contract/saved-reply-text.ts';
import { uuid7 } from '../../lib/uuid7.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { AuditEntry, Command, CommandContext } from '../command.ts';
import { AsLogged, type Change } from '../event-log.ts';
import { canManageSavedReplies } from '../team/ability.ts';
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

const changeOf = (
  type: 'saved-reply.updated' | 'saved-reply.removed',
  { tenantId, id }: { readonly tenantId: TenantId; readonly id: SavedReplyId },
): Change => ({ tenantId, type, id, threadId: null, before: null });

const entryOf = (action: 'added' | 'changed' | 'removed', id: SavedReplyId): AuditEntry => ({
  action: `saved_reply.${action}`,
  subjectType: 'saved_reply',
  subjectId: id,
});

/** Throws forbidden, and conflict when the shortcut is taken or the business has as much as it may have. */
export const createSavedReply: Command<'saved-reply:create'> = {
  name: 'saved-reply:create',
  access: 'write',
  async run(context, { shortcut, text }) {
    await holdSavedReplies(context);
    const { tx, caller } = context;
    const { tenantId, memberId: updatedBy } = caller;
    const [other] = await findSavedReplies(tx, tenantId, { id: null, shortcut });
    if (other !== undefined) throw taken(other);
    const row: SavedReplyRow = { tenantId, id: uuid7() as SavedReplyId, shortcut, text, updatedBy };
    await assertRoom(tx, row);
    const created = changeOf('saved-reply.updated', row);
    return {
      data: new AsLogged(created),
      writes: [insertSavedReply(tx, row)],
      changes: [created],
      audit: [entryOf('added', row.id)],
    };
  },
};

/**
 * Of several with one `expectedVersion` exactly one succeeds. Logs nothing if it says that already. Throws forbidden,
 * not_found, and conflict, also when the shortcut is taken or there is no room for the text.
 */
export const updateSavedReply: Command<'saved-reply:update'> = {
  name: 'saved-reply:update',
  access: 'write',
  async run(context, { shortcut = null, text, ...seen }) {
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
    const next = { shortcut: shortcut ?? present.shortcut, text: text ?? present.text };
    if (next.shortcut === present.shortcut && next.text === present.text) return { data: { savedReply: present } };
    if (next.text !== present.text) await assertRoom(tx, { ...next, tenantId, id });
    const changed = changeOf('saved-reply.updated', { tenantId, id });
    return {
      data: new AsLogged(changed),
      writes: [writeSavedReply(tx, { ...next, tenantId, id, updatedBy })],
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
      writes: [deleteSavedReply(tx, { tenantId, id })],
      changes: [removed],
      audit: [entryOf('removed', id)],
    };
  },
};
