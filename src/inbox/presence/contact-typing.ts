/** Passes "a customer is typing" from the worker that saw the webhook to the gateways. */
import { z } from 'zod';
import { ContactId, MemberId, TenantId, ThreadId } from '../../contract/ids.ts';
import { channelFor, type ChannelPublisher } from '../channels.ts';

/** Redis pub/sub channel. Written by the inbound worker, read by every gateway; nothing is stored. */
export const CONTACT_TYPING_CHANNEL = 'hunfly:typing';

export const ContactTyping = z.object({
  tenantId: TenantId,
  threadId: ThreadId,
  contactId: ContactId,
  assigneeId: MemberId.nullable(),
  typing: z.boolean(),
  /** How long it counts without another signal, ms. */
  forMs: z.number().int().min(0).max(60_000),
});
/** The assignee at the time of publishing decides who sees it. */
export type ContactTyping = z.infer<typeof ContactTyping>;

/** May be lost, like everything about typing. */
export function publishContactTyping(publisher: ChannelPublisher, typing: ContactTyping): void {
  publisher.publish(channelFor(publisher, CONTACT_TYPING_CHANNEL, typing.tenantId), JSON.stringify(typing));
}

/** Null for anything but a typing message. */
export function parseContactTyping(payload: string): ContactTyping | null {
  try {
    const parsed = ContactTyping.safeParse(JSON.parse(payload));
    return parsed.success ? parsed.data : null;
  } catch {
    // Not JSON, so not ours.
    return null;
  }
}
