/** One webhook body on its way into the database, with what is known about its origin. */
import type { ProviderName } from '../../contract/entities.ts';
import type { AccountId, TenantId } from '../../contract/ids.ts';
import type { InboundEvent, Parsed } from '../../providers/inbound.ts';

/** Tenant of records that belong to no tenant yet. */
export const NIL_TENANT = '00000000-0000-0000-0000-000000000000' as TenantId;

/** The account of a channel, for a webhook proved with `auth`. */
export interface AccountRef {
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
}

/**
 * Null: no account that accepts this proof has the channel, or `account` (the provider's own name for it) is a
 * different one.
 */
export type ResolveChannel = (
  provider: ProviderName,
  channel: string,
  auth: string,
  account?: string,
) => AccountRef | null;

/** One webhook body with some of its events; a large body is applied in several parts. */
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
  /** Something in the body was erased, and the journal would bring it back: it stores no bytes of this body. */
  readonly isErased?: true;
  /** If set, the events are not applied and the whole part becomes a dead letter. */
  readonly poison?: { readonly reason: string; readonly sqlstate: string | null };
}

/** A webhook body as it was received. */
export type Received = Pick<Part, 'streamId' | 'provider' | 'auth' | 'receivedAtMs' | 'correlationId' | 'body'>;

/** A whole body as one part; without events if it could not be parsed. */
export function wholePart(received: Received, parsed: Parsed): Part {
  const { streamId, provider, auth, receivedAtMs, correlationId, body } = received;
  const events = parsed.ok ? parsed.events : [];
  return { streamId, provider, auth, receivedAtMs, correlationId, body, events, offset: 0 };
}

/** Customer service window per provider, ms; null where there is none. */
export type WindowOf = (provider: ProviderName) => number | null;

/** A row of the batch's document, named like its SQL type. */
export type Row = Record<string, unknown>;

/** The target of an event: its account, and its place in a body. */
export interface Target extends AccountRef {
  readonly part: Part;
  readonly index: number;
}
