/** What must be true before a message is queued. */
import type { Capabilities } from '../../contract/capabilities.ts';
import { InboxError } from '../../contract/errors.ts';
import { refuseFile } from '../../contract/media-limits.ts';
import type { SendInput } from '../../contract/send-input.ts';
import { assertUsable, type AccountRow, type CapabilityMap } from '../accounts/accounts.ts';
import type { CommandContext } from '../command.ts';
import { invalidField } from '../input.ts';
import type { ThreadRow } from '../threads/access.ts';
import { bindMedia } from './bind-media.ts';
import type { Attached } from './new-message.ts';
import { selectMessage, selectNewerByOthers, type MessageRow } from './queries.ts';
import { isWindowClosed } from './reply-window.ts';

/**
 * Throws unsupported for what the number cannot send, naming alternatives; invalid_input for a text that is too long.
 */
export function assertSendable(input: SendInput, account: AccountRow, capabilities: CapabilityMap): Capabilities {
  const can = capabilities[account.provider];
  if (can === undefined) throw new InboxError('unsupported', 'This kind of WhatsApp number cannot send yet.');
  const allowed = input.kind === 'reaction' ? can.reactions : can.kinds.includes(input.kind);
  if (!allowed) {
    const names = [...can.kinds, ...(can.reactions ? ['reaction'] : [])];
    throw new InboxError('unsupported', `This number cannot send ${input.kind}. It can send: ${names.join(', ')}.`);
  }
  assertParts(input, can);
  return can;
}

function assertParts(input: SendInput, can: Capabilities): void {
  if (input.interactive !== undefined && !can.interactive.includes(input.interactive.type)) {
    throw new InboxError('unsupported', `This number cannot send ${input.interactive.type}. Ask in a text instead.`);
  }
  if (input.replyToMessageId !== undefined && !can.quotes) {
    throw new InboxError('unsupported', 'This number cannot quote a message. Send it without the quote.');
  }
  if ((input.text ?? '').length > can.maxTextChars) {
    throw invalidField('text', `must be at most ${String(can.maxTextChars)} characters with this number`);
  }
}

/**
 * Assigns the file to the thread. Throws invalid_input for one that cannot be sent here, or the error for the number's
 * limits.
 */
export async function assertFile(
  { tx, caller }: CommandContext,
  thread: ThreadRow,
  { attached, can }: { readonly attached: Attached; readonly can: Capabilities },
): Promise<void> {
  const { tenantId, memberId } = caller;
  const { mediaId, kind, path } = attached;
  const { id: threadId, accountId } = thread;
  const file = await bindMedia(tx, { tenantId, mediaId, threadId, accountId, memberId });
  if (file === null) throw invalidField(path, 'is not a file that you uploaded for this number; upload it again');
  const refusal = refuseFile(can, { kind, ...file });
  if (refusal !== null) throw new InboxError(refusal.code, refusal.message);
}

/** Throws channel_down, or window_closed if only a template may be sent now. */
export function assertOpen(
  { clock }: Pick<CommandContext, 'clock'>,
  thread: Pick<ThreadRow, 'account' | 'windowExpiresAt'>,
  { kind, windowMs }: { readonly kind: string; readonly windowMs: number | null },
): void {
  assertUsable(thread.account);
  if (isWindowClosed({ kind, windowMs, expiresAt: thread.windowExpiresAt, nowMs: clock.nowMs() })) {
    throw new InboxError('window_closed', 'The 24-hour window is closed. Send a template to open it again.');
  }
}

/**
 * Whether nothing can be newer than what the sender had on screen. A sender who does not say what that was is not
 * checked.
 */
export function hasSeenLast({ lastMessageId }: Pick<ThreadRow, 'lastMessageId'>, seen: string | undefined): boolean {
  return seen === undefined || seen === lastMessageId;
}

/**
 * Throws stale_view with the newest message if others wrote after what the sender had on screen. The thread is locked,
 * so nothing can come after its last message.
 */
export async function assertSeen(context: CommandContext, thread: ThreadRow, seen: string | undefined): Promise<void> {
  if (seen === undefined || hasSeenLast(thread, seen)) return;
  const message = await messageOfThread(context, thread, { id: seen, path: 'seenMessageId' });
  const where = { tenantId: context.caller.tenantId, threadId: thread.id };
  const newer = await selectNewerByOthers(context.tx, where, message.position, context.caller.memberId);
  if (newer !== null) {
    throw new InboxError('stale_view', 'A newer message has arrived. Read it before you answer.', { message: newer });
  }
}

/** A message that an input refers to. Throws invalid_input for the field if it is not in this thread. */
export async function messageOfThread(
  context: CommandContext,
  thread: ThreadRow,
  field: { readonly id: string; readonly path: string },
): Promise<MessageRow> {
  const message = await selectMessage(context.tx, context.caller.tenantId, field.id);
  if (message?.threadId !== thread.id) throw invalidField(field.path, 'is not a message of this conversation');
  return message;
}
