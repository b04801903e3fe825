/** The typed Socket.IO surface, derived from commands and events. */
import { z } from 'zod';
import { PairingCode } from './accounts.ts';
import { Member, PresenceState, Tenant, User } from './entities.ts';
import { Cursor, type EventsFrame, ResyncReason } from './events.ts';
import { AccountId, MemberId, TenantId, ThreadId } from './ids.ts';
import type { CommandName, CommandResult } from './commands.ts';
import type { ErrorBody } from './errors.ts';
import { Instant } from './instant.ts';

export const PROTOCOL_VERSION = 1;

export const HandshakeAuth = z.object({
  token: z.string().min(1).max(8192),
  tenantId: TenantId.optional(),
  cursor: Cursor.nullish(),
});
export type HandshakeAuth = z.infer<typeof HandshakeAuth>;

export const Ready = z.object({
  protocol: z.literal(PROTOCOL_VERSION),
  user: User,
  member: Member,
  tenant: Tenant,
  rules: z.array(z.unknown()),
  cursor: Cursor,
  serverTime: Instant,
  node: z.string(),
});
export type Ready = z.infer<typeof Ready>;

export const Resync = z.object({ reason: ResyncReason });
export type Resync = z.infer<typeof Resync>;

export const Typing = z.object({
  threadId: ThreadId,
  by: z.object({ type: z.enum(['member', 'contact']), id: z.string() }),
  typing: z.boolean(),
  until: Instant,
});
export type Typing = z.infer<typeof Typing>;

export const Viewing = z.object({
  threadId: ThreadId,
  members: z.array(z.object({ memberId: MemberId, state: z.enum(['viewing', 'replying']), since: Instant })),
});
export type Viewing = z.infer<typeof Viewing>;

export const Presence = z.object({
  members: z.array(
    z.object({
      memberId: MemberId,
      state: PresenceState,
      activeThreads: z.number().int().nonnegative(),
      since: Instant,
    }),
  ),
  full: z.boolean(),
});
export type Presence = z.infer<typeof Presence>;

/** For the sockets that asked to pair this number. `qr` null: no more codes will come; ask again. */
export const Pairing = z.object({ accountId: AccountId, qr: PairingCode.nullable() });
export type Pairing = z.infer<typeof Pairing>;

/**
 * `superseded` is kept for a server that lets a member have one connection: this one lets them have many, so it never
 * sends it. Clients should stay away after it.
 */
export const Goodbye = z.object({
  reason: z.enum(['drain', 'revoked', 'expired', 'slow', 'superseded']),
  retryAfterMs: z.number().int().nonnegative().optional(),
});
export type Goodbye = z.infer<typeof Goodbye>;

/** Events from server to client; the schemas are here, the types below. */
export const SERVER_EVENTS = {
  ready: Ready,
  resync: Resync,
  typing: Typing,
  viewing: Viewing,
  presence: Presence,
  pairing: Pairing,
  goodbye: Goodbye,
} as const;

/** The answer to every command, after the commit. */
export type Ack<N extends CommandName> =
  { ok: true; data: CommandResult<N>; cursor?: Cursor } | { ok: false; error: ErrorBody };

/** What a server sends, by event name; types the socket on both ends. */
export interface ServerToClient {
  ready: (payload: Ready) => void;
  events: (frame: EventsFrame) => void;
  resync: (payload: Resync) => void;
  typing: (payload: Typing) => void;
  viewing: (payload: Viewing) => void;
  presence: (payload: Presence) => void;
  pairing: (payload: Pairing) => void;
  goodbye: (payload: Goodbye) => void;
}

/** What a client sends: every command with its input, acknowledged after commit. */
export type ClientToServer = {
  [N in CommandName]: (input: unknown, ack?: (answer: Ack<N>) => void) => void;
};
