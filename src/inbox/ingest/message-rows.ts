/** Rows of the batch's document that name no person: messages, states, files. Pure except for fresh ids. */
import type { Address } from '../../contract/entities.ts';
import { uuid7 } from '../../lib/uuid7.ts';
import type { HistoryMediaEvent, InboundMedia, MessageEvent, StatusEvent } from '../../providers/inbound.ts';
import type { Part, Row, Target } from './part.ts';
import { asUuid, clampTime, positionOf } from './times.ts';

/** What a message's row needs in addition to the event. `windowMs` is the carrier's, null if it has none. */
export interface MessageFacts {
  readonly atMs: number;
  readonly replyTo: Address | undefined;
  readonly windowMs: number | null;
}

/** A message's row without its people. */
export function messageRow(
  { tenantId, accountId, part, index }: Target,
  event: MessageEvent,
  facts: MessageFacts,
): Row {
  const { atMs, replyTo, windowMs } = facts;
  return {
    // A new id per attempt: a row with this id exists only if this very statement has stored it.
    id: uuid7(),
    tenant_id: tenantId,
    account_id: accountId,
    direction: event.direction,
    origin: event.origin,
    provider_message_id: event.providerMessageId,
    id_within_chat: event.idWithinChat === true,
    kind: event.type === 'media_placeholder' ? 'unsupported' : event.type,
    text: event.text,
    media: mediaRow(event.media, part),
    content: contentRow(event),
    forwarded: event.forwarded,
    reply_provider_id: event.contextId,
    sent_ms: atMs,
    received_ms: part.receivedAtMs,
    position: positionOf(atMs, part.streamId, index),
    history: event.history,
    window_ms: opensWindow(event) && windowMs !== null ? atMs + windowMs : null,
    client_ref: asUuid(event.clientRef),
    reply_type: replyTo?.type ?? 'wa_id',
    reply_value: replyTo?.value ?? '',
  };
}

function opensWindow({ direction, history, type }: MessageEvent): boolean {
  return direction === 'inbound' && !history && type !== 'system';
}

function contentRow(event: MessageEvent): Row | null {
  const placeholder = event.type === 'media_placeholder' ? { unsupported: { type: 'media_placeholder' } } : {};
  const content = { ...event.content, ...placeholder };
  return Object.keys(content).length === 0 ? null : content;
}

function mediaRow(media: InboundMedia | null, { streamId, receivedAtMs }: Part): Row | null {
  if (media === null) return null;
  const { mime, filename, voice, sizeBytes, providerMediaId, url, sha256, inline } = media;
  return {
    id: uuid7(),
    mime,
    filename,
    voice,
    sizeBytes: sizeBytes ?? 0,
    // The journal keeps the body, and with it the file inside it.
    source: { providerMediaId, url, sha256, ...(inline ? { webhook: { streamId, receivedAtMs } } : {}) },
  };
}

/** A delivery state. */
export function statusRow({ tenantId, accountId, part }: Target, event: StatusEvent): Row {
  const { error } = event;
  return {
    tenant_id: tenantId,
    account_id: accountId,
    provider_message_id: event.providerMessageId,
    client_ref: asUuid(event.clientRef),
    status: event.status,
    at_ms: event.atMs === null ? null : clampTime(event.atMs, part.receivedAtMs),
    participant: event.participant,
    error: error === null ? null : { code: error.code, title: error.title, retryable: error.retryable },
    received_ms: part.receivedAtMs,
  };
}

const NOT_SENT = { code: 'unspecified', title: 'WhatsApp did not accept the message', retryable: false } as const;

/**
 * The state that a message of ours, sent elsewhere, has already reached; when it did is unknown. Null: no further than
 * sent.
 */
export function pastStatusRow({ tenantId, accountId, part }: Target, event: MessageEvent): Row | null {
  const { status, direction } = event;
  if (direction !== 'outbound' || status === undefined || status === 'pending' || status === 'sent') return null;
  return {
    tenant_id: tenantId,
    account_id: accountId,
    provider_message_id: event.providerMessageId,
    client_ref: null,
    status,
    at_ms: null,
    participant: '',
    error: status === 'failed' ? NOT_SENT : null,
    received_ms: part.receivedAtMs,
  };
}

/** The file of a placeholder. */
export function fileRow({ tenantId, accountId, part }: Target, event: HistoryMediaEvent, media: InboundMedia): Row {
  const { targetId, type, text } = event;
  return {
    tenant_id: tenantId,
    account_id: accountId,
    target_id: targetId,
    kind: type,
    text,
    media: mediaRow(media, part),
  };
}
