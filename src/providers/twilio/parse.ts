/** Parses Twilio's webhook bodies into events: one message with its files, or one state of a message we sent. */
import { asId, asName, type Loose } from '../../lib/loose.ts';
import type { InboundEvent, MessageEvent, Parsed, Party } from '../inbound.ts';
import { contentOf, furtherFiles } from './content.ts';
import { first, parseParams } from './form.ts';
import { base, field, fileMessageId, ignored, isWhatsApp, parked, partyFrom, scopeOf, type Scope } from './scope.ts';
import { parseStatus } from './statuses.ts';

/** Pure and never throws: any bytes give either events or the reason why they are broken. */
export function parseTwilio(body: Buffer): Parsed {
  const form = parseParams(body);
  if (!form.ok) return { ok: false, broken: form.broken };
  return { ok: true, events: eventsOf(scopeOf(form.params)) };
}

function eventsOf(scope: Scope): InboundEvent[] {
  if (!isWhatsApp(scope)) return [ignored(scope, scope.id === null ? 'no_message' : 'not_whatsapp')];
  if (scope.id === null) return [parked(scope, scope.isStatus ? 'status without an id' : 'message without an id')];
  if (scope.channel === null) return [parked(scope, 'no sender of ours is named')];
  if (scope.isStatus) return [parseStatus(scope, scope.id)];
  const chat = partyFrom(scope, 'From');
  return chat === null ? [parked(scope, 'message without a sender')] : messagesOf(scope, scope.id, chat);
}

/**
 * Our messages have one file each, so each further file becomes a message of its own, without text and without quote.
 */
function messagesOf(scope: Scope, id: string, chat: Party): MessageEvent[] {
  const message = messageOf(scope, id, chat);
  const files = furtherFiles(scope).map((drawn, index) => {
    return { ...message, ...drawn, providerMessageId: fileMessageId(id, index + 1), contextId: null };
  });
  return [message, ...files];
}

function messageOf(scope: Scope, id: string, chat: Party): MessageEvent {
  const drawn = contentOf(scope);
  return {
    kind: 'message',
    ...base(scope),
    direction: 'inbound',
    origin: 'customer',
    providerMessageId: id,
    chat,
    sender: null,
    own: scope.own,
    ...drawn,
    content: { ...drawn.content, ...extrasOf(scope) },
    forwarded: isTrue(scope, 'Forwarded') || isTrue(scope, 'FrequentlyForwarded'),
    contextId: asId(first(scope.params, 'OriginalRepliedMessageSid'), 64),
    history: false,
    clientRef: null,
  };
}

/** Twilio sends booleans as words. */
function isTrue({ params }: Scope, name: string): boolean {
  return first(params, name)?.toLowerCase() === 'true';
}

function extrasOf(scope: Scope): Loose {
  const referral = referralOf(scope);
  const said = first(scope.params, 'FrequentlyForwarded') !== undefined;
  return {
    ...(said ? { frequentlyForwarded: isTrue(scope, 'FrequentlyForwarded') } : {}),
    ...(referral === null ? {} : { referral }),
  };
}

/** The advertisement that a conversation came from. */
function referralOf(scope: Scope): Loose | null {
  const telling = ['SourceId', 'SourceUrl', 'CtwaClid', 'Headline', 'Body'];
  if (telling.every((name) => field(scope, `Referral${name}`) === null)) return null;
  const text = (name: string, maxLength = 1024): string | null =>
    asName(first(scope.params, `Referral${name}`), maxLength);
  return {
    sourceType: text('SourceType', 64),
    sourceId: text('SourceId', 256),
    sourceUrl: text('SourceUrl', 2048),
    headline: text('Headline'),
    body: text('Body', 4096),
    mediaType: text('MediaContentType', 64),
    mediaUrl: text('MediaUrl', 4096),
    ctwaClid: text('CtwaClid'),
  };
}
