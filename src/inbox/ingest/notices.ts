/** Turns events in a conversation that nobody wrote into messages that show them. Pure. */
import type { Address } from '../../contract/entities.ts';
import type { SystemNotice } from '../../contract/message.ts';
import type { CallEvent, ContactChangeEvent, InboundEvent, MessageEvent, Party } from '../../providers/inbound.ts';

const CHANGES = {
  number: { type: 'number_changed', text: 'The customer has a new number.' },
  user_id: { type: 'user_id_changed', text: 'The customer has a new user id.' },
  identity: { type: 'identity_changed', text: 'The customer uses WhatsApp on another phone.' },
} as const;

/** The notice for an event; null for events without one. */
export function noticeOf(event: InboundEvent): MessageEvent | null {
  if (event.kind === 'contact_change') return noticeOfChange(event);
  return event.kind === 'call' ? noticeOfCall(event) : null;
}

/** A notice in the customer's thread. It opens no window and is not unread. */
export function noticeOfChange(event: ContactChangeEvent): MessageEvent {
  const { type, text } = CHANGES[event.change];
  const next = event.renamed?.addresses[0];
  const system: SystemNotice = { type, ...(next === undefined ? {} : { newAddress: textOf(next) }) };
  return notice(event, { id: event.providerMessageId, chat: event.chat, text: event.text ?? text, system });
}

function textOf({ type, value }: Address): string {
  return type === 'wa_id' ? `+${value}` : `${type}:${value}`;
}

/** One notice per call, whichever of its events comes first; null if nobody can be named. */
export function noticeOfCall(event: CallEvent): MessageEvent | null {
  const chat = event.direction === 'outbound' ? event.to : event.from;
  if (event.callId === null || chat === null) return null;
  const text = event.direction === 'outbound' ? 'Outgoing call' : 'Incoming call';
  const named = event.event === null ? {} : { event: event.event };
  const system: SystemNotice = { type: 'call', direction: event.direction, ...named };
  return notice(event, { id: event.callId, chat, text, system });
}

interface Notice {
  readonly id: string;
  readonly chat: Party;
  readonly text: string;
  readonly system: SystemNotice;
}

function notice(event: ContactChangeEvent | CallEvent, { id, chat, text, system }: Notice): MessageEvent {
  return {
    kind: 'message',
    channel: event.channel,
    atMs: event.atMs,
    direction: 'inbound',
    origin: 'customer',
    providerMessageId: id,
    chat,
    sender: null,
    own: null,
    type: 'system',
    text,
    media: null,
    content: { system },
    forwarded: false,
    contextId: null,
    history: false,
    clientRef: null,
  };
}
