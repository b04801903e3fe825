/** Maps parsed webhooks to the one document that `ingest_batch` applies. Pure: same entries, same document. */
import type { ProviderName } from '../../contract/entities.ts';
import type { AccountId, TenantId } from '../../contract/ids.ts';
import { uuid7 } from '../../lib/uuid7.ts';
import type {
  EditEvent,
  InboundEvent,
  MessageEvent,
  ReactionEvent,
  RevokeEvent,
  StatusEvent,
} from '../../providers/inbound.ts';
import { People, type Person } from './people.ts';

/** Tenant of records that belong to nobody yet. */
export const NIL_TENANT = '00000000-0000-0000-0000-000000000000' as TenantId;

/** The account a channel means, for whoever proved their origin with `auth`. */
export interface AccountRef {
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
}

/** Null: no account of that proof has this channel, or `account` (the provider's own name of it) is another one. */
export type ResolveChannel = (
  provider: ProviderName,
  channel: string,
  auth: string,
  account?: string,
) => AccountRef | null;

/** One webhook body and some of its events; a large body is applied in several parts. */
export interface Part {
  /** Shard and stream id, unique for ever: `3/1760000000000-0`. */
  readonly streamId: string;
  readonly provider: ProviderName;
  readonly auth: string;
  readonly receivedAtMs: number;
  readonly correlationId: string;
  readonly body: Buffer;
  readonly events: readonly InboundEvent[];
  /** Index of the first event within the body. */
  readonly offset: number;
  /** Set instead of applying the events: the whole part goes to the dead letters. */
  readonly poison?: { readonly reason: string; readonly sqlstate: string | null };
}

/** What a batch is applied with: the document and all raw bodies end to end. */
export interface Batch {
  readonly document: Readonly<Record<string, unknown>>;
  readonly bytes: Buffer;
}

type Row = Record<string, unknown>;
interface Target extends AccountRef {
  readonly part: Part;
  readonly index: number;
}
type Deferred = () => Row;

/** Customer service window per provider, ms; null where there is none. */
export type WindowOf = (provider: ProviderName) => number | null;

/** Collects the rows of one batch. */
class BatchBuilder {
  readonly people = new People();
  readonly messages: Deferred[] = [];
  readonly statuses: Row[] = [];
  readonly reactions: Deferred[] = [];
  readonly edits: Deferred[] = [];
  readonly journal: Row[] = [];
  readonly letters: Row[] = [];
  readonly #numbers = { current: null as ReturnType<People['rows']> | null };
  readonly #windowOf: WindowOf;

  constructor(windowOf: WindowOf) {
    this.#windowOf = windowOf;
  }

  add(target: Target, event: InboundEvent): void {
    if (event.kind === 'message') this.#message(target, event);
    else if (event.kind === 'status') this.#status(target, event);
    else if (event.kind === 'reaction') this.#reaction(target, event);
    else if (event.kind === 'edit' || event.kind === 'revoke') this.#edit(target, event);
  }

  finish(receivedAtMs: number): Row {
    const numbers = this.people.rows();
    this.#numbers.current = numbers;
    const run = (deferred: Deferred): Row => deferred();
    return {
      receivedAtMs,
      journal: this.journal,
      letters: this.letters,
      persons: numbers.persons,
      parties: numbers.parties,
      messages: this.messages.map(run),
      statuses: this.statuses,
      reactions: this.reactions.map(run),
      edits: this.edits.map(run),
    };
  }

  #number(person: Person): number {
    return this.#numbers.current?.personNumber(person) ?? 0;
  }

  #message(target: Target, event: MessageEvent): void {
    const { part } = target;
    const atMs = clampTime(event.atMs, part.receivedAtMs);
    const chat = this.people.add(target.tenantId, event.chat, atMs);
    const sender = event.sender === null ? chat : this.people.add(target.tenantId, event.sender, atMs);
    const party = this.people.addParty(target.accountId, chat);
    const windowMs = this.#windowOf(part.provider);
    const opensWindow = event.direction === 'inbound' && !event.history && windowMs !== null;
    const replyTo = event.chat.addresses[0];
    const ord = this.messages.length + 1;
    this.messages.push(() => ({
      ord,
      // A fresh id per attempt: a row with this id exists only if this very statement has stored it.
      id: uuid7(),
      tenant_id: target.tenantId,
      account_id: target.accountId,
      party: this.#numbers.current?.partyNumber(party) ?? 0,
      person: this.#number(chat),
      sender: this.#number(sender),
      direction: event.direction,
      origin: event.origin,
      provider_message_id: event.providerMessageId,
      kind: event.type === 'media_placeholder' ? 'unsupported' : event.type,
      text: event.text,
      media: mediaRow(event, part),
      content: contentRow(event),
      forwarded: event.forwarded,
      reply_provider_id: event.contextId,
      sent_ms: atMs,
      received_ms: part.receivedAtMs,
      position: positionOf(atMs, part.streamId, target.index),
      history: event.history,
      window_ms: opensWindow ? atMs + windowMs : null,
      client_ref: asUuid(event.clientRef),
      reply_type: replyTo?.type ?? 'wa_id',
      reply_value: replyTo?.value ?? '',
    }));
  }

  #status(target: Target, event: StatusEvent): void {
    if (event.status === 'pending') return;
    this.statuses.push({
      tenant_id: target.tenantId,
      account_id: target.accountId,
      provider_message_id: event.providerMessageId,
      client_ref: asUuid(event.clientRef),
      status: event.status,
      at_ms: event.atMs === null ? null : clampTime(event.atMs, target.part.receivedAtMs),
      participant: event.participant,
      error:
        event.error === null
          ? null
          : { code: event.error.code, title: event.error.title, retryable: event.error.retryable },
      received_ms: target.part.receivedAtMs,
    });
  }

  #reaction(target: Target, event: ReactionEvent): void {
    const { part } = target;
    const atMs = clampTime(event.atMs, part.receivedAtMs);
    const outbound = event.direction === 'outbound';
    const person = outbound ? null : this.people.add(target.tenantId, event.sender ?? event.chat, atMs);
    this.reactions.push(() => ({
      tenant_id: target.tenantId,
      account_id: target.accountId,
      target_id: event.targetId,
      by_type: outbound ? 'member' : 'contact',
      // From the business's own phone: nobody of the team, so the account stands for it.
      by_id: outbound ? target.accountId : null,
      person: person === null ? null : this.#number(person),
      emoji: event.emoji,
      at_ms: atMs,
      received_ms: part.receivedAtMs,
    }));
  }

  #edit(target: Target, event: EditEvent | RevokeEvent): void {
    const { part } = target;
    const atMs = clampTime(event.atMs, part.receivedAtMs);
    const person = event.chat === null ? null : this.people.add(target.tenantId, event.chat, atMs);
    this.edits.push(() => ({
      tenant_id: target.tenantId,
      account_id: target.accountId,
      target_id: event.targetId,
      direction: event.direction,
      person: person === null ? null : this.#number(person),
      revoked: event.kind === 'revoke',
      text: event.kind === 'edit' ? event.text : null,
      at_ms: atMs,
      received_ms: part.receivedAtMs,
    }));
  }
}

/** Builds the document for some parts. Events of unknown channels and unusable items become dead letters in it. */
export function buildBatch(parts: readonly Part[], resolve: ResolveChannel, windowOf: WindowOf): Batch {
  const builder = new BatchBuilder(windowOf);
  const bodies: Buffer[] = [];
  let start = 0;
  for (const part of parts) {
    const slice = { start, length: part.body.length };
    bodies.push(part.body);
    start += part.body.length;
    const owner = addPart(builder, part, resolve, slice);
    builder.journal.push({ ...slice, tenant_id: owner, ...envelope(part) });
  }
  const receivedAtMs = Math.min(...parts.map((part) => part.receivedAtMs));
  return { document: builder.finish(receivedAtMs), bytes: Buffer.concat(bodies) };
}

function addPart(builder: BatchBuilder, part: Part, resolve: ResolveChannel, slice: Row): TenantId {
  let owner = NIL_TENANT;
  const letters = new Map<string, Row>();
  const letter = (reason: string, channel: string | null, tenantId: TenantId, sqlstate: string | null = null): void => {
    letters.set(`${reason} ${channel ?? ''}`, {
      ...slice,
      ...envelope(part),
      tenant_id: tenantId,
      channel,
      reason,
      sqlstate,
    });
  };
  if (part.poison !== undefined) letter(part.poison.reason, null, owner, part.poison.sqlstate);
  const events = part.poison === undefined ? part.events : [];
  events.forEach((event, index) => {
    if (event.channel === null || event.kind === 'ignored') return;
    const account = resolve(part.provider, event.channel, part.auth, event.account);
    if (account === null) {
      letter('unknown_account', event.channel, NIL_TENANT);
      return;
    }
    owner = account.tenantId;
    if (event.kind === 'parked') letter('unusable_item', event.channel, account.tenantId);
    else builder.add({ ...account, part, index: part.offset + index }, event);
  });
  builder.letters.push(...letters.values());
  return owner;
}

function envelope(part: Part): Row {
  return {
    received_ms: part.receivedAtMs,
    stream_id: part.streamId,
    provider: part.provider,
    auth: part.auth,
    correlation_id: part.correlationId,
  };
}

/** The provider's clock, never later than receipt; receipt where it is missing or nonsense. */
export function clampTime(atMs: number | null, receivedAtMs: number): number {
  return atMs === null || !Number.isFinite(atMs) || atMs <= 0 ? receivedAtMs : Math.min(Math.trunc(atMs), receivedAtMs);
}

/** Sorts a thread: time, then stream id, then index in the body; fixed width, so that text order is number order. */
export function positionOf(atMs: number, streamId: string, index: number): string {
  const [ms = '0', seq = '0'] = (streamId.split('/')[1] ?? streamId).split('-');
  return `${pad(atMs, 13)}-${ms.padStart(13, '0')}-${seq.padStart(6, '0')}-${pad(index, 5)}`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

function mediaRow(event: MessageEvent, { streamId, receivedAtMs }: Part): Row | null {
  const { media } = event;
  if (media === null) return null;
  const { mime, filename, voice, sizeBytes, providerMediaId, url, sha256, inline } = media;
  return {
    id: uuid7(),
    mime,
    filename,
    voice,
    sizeBytes: sizeBytes ?? 0,
    // The journal keeps the body, and with it a file that is inside of it.
    source: { providerMediaId, url, sha256, ...(inline ? { webhook: { streamId, receivedAtMs } } : {}) },
  };
}

function contentRow(event: MessageEvent): Row | null {
  const placeholder = event.type === 'media_placeholder' ? { unsupported: { type: 'media_placeholder' } } : {};
  const content = { ...event.content, ...placeholder };
  return Object.keys(content).length === 0 ? null : content;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Our own message id, where a client reference is one. */
export function asUuid(ref: string | null): string | null {
  return ref !== null && UUID.test(ref) ? ref : null;
}
