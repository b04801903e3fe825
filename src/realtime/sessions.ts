/** The life of one socket: admitted through the gate, live, ended; with its effects, its expiry and its presence. */
import type { Cursor } from '../contract/events.ts';
import { PROTOCOL_VERSION, type Ready } from '../contract/socket.ts';
import { assertNever } from '../lib/assert-never.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../platform/log.ts';
import { tenantLabel, type Metrics } from '../platform/metrics.ts';
import type { Caller, Effect } from '../inbox/command.ts';
import { abilityFor, packedRules } from '../inbox/team/ability.ts';
import type { LiveMember } from '../inbox/team/live-member.ts';
import { admit, type AdmissionDeps } from './admission.ts';
import { asInboxError, bindCommands, type CommandDeps } from './commands.ts';
import { Connection } from './connection.ts';
import { startExpiry } from './expiry.ts';
import { dropConnection, sayGoodbye } from './farewell.ts';
import type { Gate } from './gate.ts';
import type { PairingBoard } from './pairing-board.ts';
import type { PresenceBoard } from './presence-board.ts';
import type { TenantFeed } from './tenant-feed.ts';
import type { ThreadBoard } from './thread-board.ts';
import type { InboxSocket } from './types.ts';
import { typeFromMemory } from './typing.ts';

/** What every session of a node shares. */
export interface SessionDeps extends AdmissionDeps {
  readonly node: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'realtimeConnections' | 'realtimeResumes'>;
  readonly gate: Gate;
  readonly commands: CommandDeps;
  readonly presence: PresenceBoard;
  readonly threads: ThreadBoard;
  readonly pairings: PairingBoard;
  /** How long a connection outlives its token, ms. */
  readonly graceMs: number;
}

/** What has to be undone when the socket ends, in the order in which it happened. */
interface Session {
  connection: Connection | null;
  feed: TenantFeed | null;
  live: boolean;
  /** Effects of commands that were answered before the connection was live. */
  readonly early: Effect[];
}

const MAX_EARLY = 50;

/** Call in the tick of `connection`: nothing may arrive before the handlers are attached. */
export function startSession(socket: InboxSocket, deps: SessionDeps): void {
  const session: Session = { connection: null, feed: null, live: false, early: [] };
  const { data } = socket;
  const expiry = startExpiry(data.caller.expiresAtMs, deps, () => {
    sayGoodbye(socket, { reason: 'expired' });
  });
  const continueAs = (caller: Caller): void => {
    data.caller = caller;
    expiry.extend(caller.expiresAtMs);
  };
  const lapse = (): void => {
    const { caller } = data;
    // The grace period begins once, however often this is called.
    if (caller.expiresAtMs > deps.clock.nowMs()) continueAs({ ...caller, expiresAtMs: deps.clock.nowMs() });
  };
  bindCommands(
    socket,
    {
      caller: () => data.caller,
      type: (input) => typeFromMemory(session, input),
      renewed: continueAs,
      apply: (effects) => {
        if (session.connection === null) session.early.push(...effects.slice(0, MAX_EARLY - session.early.length));
        else for (const effect of effects) applyEffect(deps, session.connection, effect);
      },
    },
    deps.commands,
  );
  socket.on('disconnect', () => {
    expiry.stop();
    endSession(deps, session);
  });
  deps.gate
    .run(() => begin(socket, { session, lapse }, deps))
    .catch((error: unknown) => {
      refuse(socket, deps, error);
    });
}

interface Beginning {
  readonly session: Session;
  /** See Subscriber.lapse. */
  readonly lapse: () => void;
}

async function begin(socket: InboxSocket, { session, lapse }: Beginning, deps: SessionDeps): Promise<void> {
  const { caller, cursor, live: known } = socket.data;
  socket.data.live = null;
  const admitted = await admit(deps, {
    caller,
    cursor,
    live: known,
    make: (live) => new Connection({ socket, grant: live.grant, threads: deps.threads, onLapse: lapse }),
    isOpen: () => socket.connected,
    onLive: (connection, live, at) => {
      session.connection = connection;
      session.live = true;
      welcome(socket, deps, { connection, live, at });
      for (const effect of session.early.splice(0)) applyEffect(deps, connection, effect);
    },
  });
  if (admitted === null) return;
  session.feed = admitted.feed;
  deps.metrics.realtimeResumes.inc({ result: admitted.result });
  // The socket may have closed in the tick in which it went live.
  if (!socket.connected) endSession(deps, session);
}

interface Welcome {
  readonly connection: Connection;
  readonly live: LiveMember;
  readonly at: Cursor;
}

function welcome(socket: InboxSocket, deps: SessionDeps, { connection, live, at }: Welcome): void {
  const { grant, caller } = connection;
  deps.metrics.realtimeConnections.inc({ tenant: tenantLabel(caller.tenantId) });
  const present = deps.presence.join(caller.tenantId, caller.memberId);
  const state = deps.presence.stateOf(caller.tenantId)(caller.memberId) ?? 'online';
  const ready: Ready = {
    protocol: PROTOCOL_VERSION,
    user: live.user,
    member: { ...live.member, role: grant.role, state },
    tenant: { ...live.tenant, agentVisibility: grant.agentVisibility },
    rules: packedRules(abilityFor(grant)),
    cursor: at,
    serverTime: deps.clock.now().toISOString(),
    node: deps.node,
  };
  socket.emit('ready', ready);
  if (present !== null) socket.emit('presence', present);
  if (connection.supervises()) deps.threads.greet(connection);
}

/** Idempotent. */
function endSession(deps: SessionDeps, session: Session): void {
  const { connection, feed } = session;
  if (connection === null) return;
  const { tenantId, memberId } = connection.caller;
  feed?.remove(connection);
  deps.threads.gone(connection);
  deps.pairings.gone(connection);
  if (!session.live) return;
  session.live = false;
  deps.presence.leave(tenantId, memberId);
  deps.metrics.realtimeConnections.dec({ tenant: tenantLabel(tenantId) });
}

function refuse(socket: InboxSocket, deps: SessionDeps, error: unknown): void {
  const refusal = asInboxError(error);
  if (refusal.code === 'forbidden') {
    sayGoodbye(socket, { reason: 'revoked' });
    return;
  }
  const { tenantId } = socket.data.caller;
  deps.log.warn({ err: error, tenantId }, 'A connection could not be brought up to date; it has to come back.');
  dropConnection(socket);
}

/** Leases are only for live connections that may see the thread; the command itself was authorised before. */
function applyEffect(deps: SessionDeps, connection: Connection, effect: Effect): void {
  switch (effect.type) {
    case 'viewing':
      if (effect.on) deps.threads.open(connection, effect);
      else deps.threads.close(connection, effect.threadId);
      return;
    case 'typing':
      deps.threads.typing(connection, effect, effect.on);
      return;
    case 'presence':
      deps.presence.choose(connection.caller.tenantId, connection.caller.memberId, effect.state);
      return;
    case 'pairing':
      deps.pairings.watch(connection, effect.accountId);
      return;
    default:
      assertNever(effect, 'effect of a command');
  }
}
