/** What our own processes send each other over Redis Streams and Redis channels. */
import { z } from 'zod';
import type { ProviderName } from './entities.ts';
import { AccountId, MediaId, TenantId, ThreadId } from './ids.ts';
import { Instant } from './instant.ts';
import { Seq } from './events.ts';
import { Typing, Viewing } from './socket.ts';

/**
 * One accepted webhook body. Stream `ingest:{shard}`: written by gateways (and by the spill drain), read by
 * consumers/inbound, deleted after its batch has committed. Fields on the wire: h provider, auth, received-at ms and
 * correlation id, separated by spaces (none of the four contains one); b raw bytes | k body key; s its original place,
 * if it was appended again; w its row in webhook_spill, if it waited there.
 */
export interface IngestEntry {
  readonly provider: ProviderName;
  /** `global` for an environment secret, else the fingerprint of the account secret that proved the sender. */
  readonly auth: string;
  readonly receivedAtMs: number;
  readonly correlationId: string;
  /** Raw bytes, or null when the body waits in Postgres under `bodyKey`. */
  readonly body: Buffer | null;
  readonly bodyKey: string | null;
}

/**
 * The fields of an entry of that stream which could not be read, stored as the body of its dead letter: text if it is
 * UTF-8, otherwise the bytes in base64.
 */
export const KeptEntry = z.record(z.string(), z.union([z.string(), z.strictObject({ base64: z.base64() })]));
export type KeptEntry = z.infer<typeof KeptEntry>;

export const OutboundJob = z.object({
  tenantId: TenantId,
  accountId: AccountId,
  threadId: ThreadId,
  /** `send`: the thread has queued messages. `read`/`typing`: tell the customer; may be lost. */
  task: z.enum(['send', 'read', 'typing']),
  /** For a send; absent: a person is waiting. */
  priority: z.literal('automatic').optional(),
  /** Provider message id that a read receipt or typing indicator refers to. */
  providerMessageId: z.string().optional(),
  /** For a read receipt that is stored until the carrier has it; absent: may be lost. */
  owed: z.literal(true).optional(),
});
/** A nudge on stream `outbound:{shard}`: written after commit and by the sweeper, read by consumers/outbound. */
export type OutboundJob = z.infer<typeof OutboundJob>;

export const MediaJob = z.object({ tenantId: TenantId, accountId: AccountId, mediaId: MediaId });
/** A nudge on stream `media:{shard}`: written after commit and by the sweeper, read by consumers/media. */
export type MediaJob = z.infer<typeof MediaJob>;

export const LogEventHead = z.object({
  seq: Seq,
  at: Instant,
  type: z.string(),
  threadId: ThreadId.nullable(),
  /** Assignee before and after this change; null is unassigned. Only for events of a thread. */
  assigneeBefore: z.string().nullable(),
  assigneeAfter: z.string().nullable(),
  /** True if the thread did not exist before this event. */
  created: z.boolean(),
  /** When the webhook behind it was received, ms; feeds the glass latency. */
  receivedAtMs: z.number().nullable(),
});
/** A row of the log without its data: enough to decide who may see it. */
export type LogEventHead = z.infer<typeof LogEventHead>;

export const LogEvent = LogEventHead.extend({ data: z.record(z.string(), z.unknown()) });
/** One row of the log as JSON, with the data last: from Postgres, and in a hint. */
export type LogEvent = z.infer<typeof LogEvent>;

export const Hint = z.object({
  tenantId: TenantId,
  epoch: z.string(),
  from: Seq,
  to: Seq,
  /** Size of each event, in bytes, if they are small enough to be included; absent: read (from, to] from the log. */
  sizes: z.array(z.number().int().positive()).optional(),
});
/** Sent after a commit: this tenant's log now reaches `to`. May be lost; polling makes up for it. */
export type Hint = z.infer<typeof Hint>;

/**
 * First line of a message on the hint channel; after it come the events of all its hints, one after the other, as JSON.
 */
export const HintsLine = z.object({ hints: z.array(Hint) });

const meant = {
  /** Who is shown it, by what they may see; the first room is the same for all threads of a business. */
  rooms: z.tuple([z.string(), z.string()]),
  /** The connection that typed, which need not be told. */
  except: z.string().nullable(),
};

export const ThreadSignal = z.discriminatedUnion('name', [
  z.object({ name: z.literal('typing'), ...meant, frame: Typing }),
  z.object({ name: z.literal('viewing'), ...meant, frame: Viewing }),
]);
/** Somebody is typing, or the viewers of a thread changed: sent from one gateway to the others. May be lost. */
export type ThreadSignal = z.infer<typeof ThreadSignal>;
