/** One webhook body on its way into the database, and what is known about where it belongs. */
import type { ProviderName } from '../../contract/entities.ts';
import type { AccountId, TenantId } from '../../contract/ids.ts';
import type { InboundEvent } from '../../providers/inbound.ts';

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
  /** Something of the body was erased, which the journal would bring back: it keeps no bytes of it. */
  readonly isErased?: true;
  /** Set instead of applying the events: the whole part goes to the dead letters. */
  readonly poison?: { readonly reason: string; readonly sqlstate: string | null };
}

/** Customer service window per provider, ms; null where there is none. */
export type WindowOf = (provider: ProviderName) => number | null;

/** A row of the batch's document, in the names of its SQL type. */
export type Row = Record<string, unknown>;

/** Where an event belongs: its account, and its place in a body. */
export interface Target extends AccountRef {
  readonly part: Part;
  readonly index: number;
}
