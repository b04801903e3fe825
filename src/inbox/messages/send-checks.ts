/** What must be true before a message is queued. */
import type { Capabilities } from '../../contract/entities.ts';
import { InboxError } from '../../contract/errors.ts';
import type { SendInput } from '../../contract/send-input.ts';
import { assertUsable, type AccountRow, type CapabilityMap } from '../accounts/accounts.ts';
import type { CommandContext } from '../command.ts';
import { invalidField } from '../input.ts';
import type { ThreadRow } from '../threads/access.ts';
import { selectMessage, selectNewerByOthers, type MessageRow } from './queries.ts';
import { isWindowClosed } from './reply-window.ts';

/** The kinds that are sent today. */
export type SendableKind = 'text' | 'template' | 'reaction';

const SENDABLE: readonly string[] = ['text', 'template', 'reaction'] satisfies SendableKind[];

/** Throws unsupported for a kind that we or the carrier cannot send, naming what can be done instead. */
export function assertSendable(input: SendInput, account: AccountRow, capabilities: CapabilityMap): Capabilities {
  const can = capabilities[account.provider];
  if (can === undefined) throw new InboxError('unsupported', 'This kind of WhatsApp number cannot send yet.');
  const kind = SENDABLE.includes(input.kind) ? (input.kind as SendableKind) : null;
  const allowed = kind !== null && (kind === 'reaction' ? can.reactions : can.kinds.includes(kind));
  if (!allowed) {
    const names = [...can.kinds.filter((one) => SENDABLE.includes(one)), ...(can.reactions ? ['reaction'] : [])];
    throw new InboxError('unsupported', `This number cannot send ${input.kind}. It can send: ${names.join(', ')}.`);
  }
  if (input.replyToMessageId !== undefined && !can.quotes) {
    throw new InboxError('unsupported', 'This number cannot quote a message. Send it without the quote.');
  }
  return can;
}

/** Throws channel_down, or window_closed where only a template may be sent now. */
export function assertOpen(
  context: CommandContext,
  thread: ThreadRow,
  {
    account,
    kind,
    windowMs,
  }: { readonly account: AccountRow; readonly kind: string; readonly windowMs: number | null },
): void {
  assertUsable(account);
  if (isWindowClosed({ kind, windowMs, expiresAt: thread.windowExpiresAt, nowMs: context.clock.nowMs() })) {
    throw new InboxError('window_closed', 'The 24-hour window is closed. Send a template to open it again.');
  }
}

/** Throws stale_view with the newest message when others wrote after what the sender had on screen. */
export async function assertSeen(context: CommandContext, thread: ThreadRow, seen: string | undefined): Promise<void> {
  if (seen === undefined) return;
  const message = await messageOfThread(context, thread, { id: seen, path: 'seenMessageId' });
  const where = { tenantId: context.caller.tenantId, threadId: thread.id };
  const newer = await selectNewerByOthers(context.tx, where, message.position, context.caller.memberId);
  if (newer !== null) {
    throw new InboxError('stale_view', 'A newer message has arrived. Read it before you answer.', { message: newer });
  }
}

/** A message that an input refers to. Throws invalid_input for the field when it is not one of this thread. */
export async function messageOfThread(
  context: CommandContext,
  thread: ThreadRow,
  field: { readonly id: string; readonly path: string },
): Promise<MessageRow> {
  const message = await selectMessage(context.tx, context.caller.tenantId, field.id);
  if (message?.threadId !== thread.id) throw invalidField(field.path, 'is not a message of this conversation');
  return message;
}
