/** Authenticates a handshake: from its token to a membership and a cursor. */
import { InboxError, invalidInput } from '../contract/errors.ts';
import { HandshakeAuth } from '../contract/socket.ts';
import type { ReadLiveMembers } from '../inbox/team/live-member.ts';
import { chooseMembership, type VerifiedToken } from '../inbox/team/session.ts';
import { assertCurrent } from '../inbox/team/tokens.ts';
import type { InboxSocket, SocketData } from './types.ts';

/** Reads a token. Rejects with InboxError `unauthenticated`, `token_expired`, `password_change_required` or `unavailable`. */
export type VerifyToken = (token: string) => Promise<VerifiedToken>;

/** What handshakes need of the node. */
export interface HandshakeDeps {
  readonly verifyToken: VerifyToken;
  readonly readMembers: ReadLiveMembers;
}

/** Rejects with InboxError for every refusal, and as Database calls do. */
export async function authenticate(auth: Readonly<Record<string, unknown>>, deps: HandshakeDeps): Promise<SocketData> {
  if (typeof auth['token'] !== 'string' || auth['token'] === '') {
    throw new InboxError('unauthenticated', 'A session token is needed to connect.');
  }
  const parsed = HandshakeAuth.safeParse(auth);
  if (!parsed.success) throw invalidInput(parsed.error, 'The handshake');
  const { token, tenantId = null, cursor = null } = parsed.data;
  const { userId, expiresAtMs, session } = await deps.verifyToken(token);
  const live = chooseMembership(await deps.readMembers({ userId, tenantId }));
  assertCurrent(session, live.sessionGeneration);
  const caller = { userId, tenantId: live.tenant.id, memberId: live.grant.memberId, expiresAtMs, session };
  return { caller, cursor, live };
}

/** Releases the upgrade request and what it carried: headers, buffers and token are not needed any more. */
export function forgetHandshake(socket: InboxSocket): void {
  (socket.conn as unknown as { request: unknown }).request = null;
  Object.assign(socket.handshake, { headers: {}, query: {}, auth: {} });
}
