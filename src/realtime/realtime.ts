/** The live side of a gateway: sockets, tailers, presence, and the feed for SSE, behind four functions. */
import type { Server as HttpServer } from 'node:http';
import { InboxError } from '../contract/errors.ts';
import type { Caller, Effect, ExecuteCommand } from '../inbox/command.ts';
import type { JobQueue } from '../inbox/job-queue.ts';
import type { EventFeed } from '../inbox/event-feed.ts';
import type { OwnHints } from '../inbox/hints.ts';
import { createLiveMemberReader } from '../inbox/team/live-member.ts';
import { readTypedThread } from '../inbox/threads/typing.ts';
import { createLogReader } from '../inbox/log-reader.ts';
import { steadyClock, type Clock } from '../lib/clock.ts';
import { pause } from '../lib/backoff.ts';
import { withDeadline } from '../lib/deadline.ts';
import type { Logger } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { Database } from '../platform/postgres.ts';
import type { Replica } from '../platform/postgres-replica.ts';
import type { VolatileRedis } from '../platform/redis.ts';
import { connectCluster, type Cluster } from './cluster.ts';
import { asInboxError, InFlight } from './commands.ts';
import { Door } from './door.ts';
import { createEventFeed } from './event-feed.ts';
import { EXPIRY_GRACE_MS } from './expiry.ts';
import { Feeds, type HintSource } from './feeds.ts';
import { Gate } from './gate.ts';
import { authenticate, forgetHandshake, type HandshakeDeps, type VerifyToken } from './handshake.ts';
import { createIoServer } from './io-server.ts';
import type { LaneLimits } from './lanes.ts';
import { MemberLimit } from './member-limit.ts';
import { writeOncePerTurn } from './one-write.ts';
import { PairingBoard } from './pairing-board.ts';
import { PresenceBoard } from './presence-board.ts';
import { RingShelf } from './ring.ts';
import { SLOW_ROOM, tenantRoom, threadRooms } from './rooms.ts';
import { startSession, type SessionDeps } from './sessions.ts';
import { SignalPost } from './signal-post.ts';
import { watchSlowClients } from './slow-clients.ts';
import type { TenantFeed } from './tenant-feed.ts';
import { ThreadBoard, TYPING_MS } from './thread-board.ts';
import type { InboxServer, InboxSocket } from './types.ts';

/** `redis` is a client for commands on the volatile Redis at `redisUrl`; the sockets open connections of their own. */
export interface RealtimeDeps {
  readonly node: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly database: Database;
  /** Used to read parts of the log that it may have; default none. */
  readonly replica?: Replica | null;
  readonly redis: VolatileRedis;
  readonly redisUrl: string;
  readonly execute: ExecuteCommand;
  readonly jobs: JobQueue;
  /** Gets what `execute` commits. */
  readonly ownHints: OwnHints;
  readonly verifyToken: VerifyToken;
  /** Sockets and event streams that one member may have here at a time. */
  readonly maxConnectionsPerMember: number;
  /** Does the node have work that must not wait for sockets? Default: never. */
  readonly isBusy?: () => boolean;
  /** How many typing and viewing signals are sent in a turn, for tests. */
  readonly signals?: LaneLimits;
  /** How long a connection outlives its token, ms; default 25 s. */
  readonly expiryGraceMs?: number;
  /** Wraps the source of hints, for tests that lose some. */
  readonly throughHints?: (source: HintSource) => HintSource;
}

/** `drain` says goodbye, finishes work in progress and closes (at most about 11 s); `close` just closes. */
export interface Realtime {
  readonly feed: EventFeed;
  /** Applies the effects of a command that did not come over a socket: only typing has one then. */
  applyEffects(caller: Caller, effects: readonly Effect[]): void;
  attach(httpServer: HttpServer): void;
  drain(): Promise<void>;
  close(): Promise<void>;
}

/**
 * A connect costs half a millisecond of CPU here and as much elsewhere. `waiting`: as many as are admitted in the web
 * inbox's timeout, 10 s.
 */
const DOOR = { perTurn: 4, perSecond: 500, waiting: 5000 } as const;
/** Limits of steps of admitted connections, two steps each: the handshake, and catching up with the log. */
const GATE = { atOnce: 256, perTurn: 8, waiting: 20_000 } as const;
/** Sockets served in a turn of the event loop (about 5 ms), of one business in a row; signals that may gather. */
const SIGNALS = { perTurn: 500, slice: 100, waiting: 32 } as const;
const DRAIN_MS = 8000;
/** Long enough to release the leases of thousands of open threads. */
const RELEASE_MS = 1500;
const RETRY_MS = { least: 200, most: 2000 } as const;
/** After the goodbyes, how long acks that were just written may take to leave. */
const CLOSE_MS = 1500;

function retryAfterMs(): number {
  return RETRY_MS.least + Math.floor(Math.random() * (RETRY_MS.most - RETRY_MS.least));
}

interface EngineServer {
  readonly clientsCount: number;
  close(): void;
}

function endDirect(feed: TenantFeed): void {
  for (const subscriber of [...feed.subscribers]) {
    if (!subscriber.direct) continue;
    feed.remove(subscriber);
    subscriber.end('drain');
  }
}

/** Resolves even while Redis is away. One per process. */
export async function createRealtime(deps: RealtimeDeps): Promise<Realtime> {
  const { redis, redisUrl: url, log } = deps;
  const cluster = await connectCluster({ redis, url, log });
  return new Node(deps, cluster);
}

class Node implements Realtime {
  readonly feed: EventFeed;
  readonly #deps: RealtimeDeps;
  readonly #cluster: Cluster;
  readonly #io: InboxServer;
  readonly #feeds: Feeds;
  readonly #inFlight = new InFlight();
  readonly #gate = new Gate(GATE);
  readonly #memberLimit: MemberLimit;
  readonly #presence: PresenceBoard;
  readonly #threads: ThreadBoard;
  readonly #pairings: PairingBoard;
  readonly #signals: SignalPost;
  readonly #stopWatching: () => void;
  #closing: Promise<void> | null = null;

  constructor(deps: RealtimeDeps, cluster: Cluster) {
    const { node, clock, log, metrics, database, redis } = deps;
    this.#deps = deps;
    this.#cluster = cluster;
    this.#memberLimit = new MemberLimit(deps.maxConnectionsPerMember);
    this.#io = createIoServer(new Door(DOOR, deps.isBusy ?? ((): boolean => false)));
    this.#presence = new PresenceBoard({
      ...{ node, redis, database, clock, log },
      announce: (tenantId) => {
        cluster.tellPresence(tenantId);
      },
      emit: (tenantId, frame) => this.#io.local.to(tenantRoom(tenantId)).except(SLOW_ROOM).emit('presence', frame),
    });
    this.#pairings = new PairingBoard(steadyClock);
    this.#signals = new SignalPost({
      ...{ io: this.#io, limits: deps.signals ?? SIGNALS, wire: cluster.signals },
      onDrop: () => {
        metrics.realtimeSignalsDropped.inc();
      },
    });
    this.#threads = new ThreadBoard({
      ...{ node, redis, clock, log },
      emit: (signal) => {
        this.#signals.send(signal, { everywhere: true });
      },
      tenants: () => this.#feeds.tenantIds(),
    });
    const reader = createLogReader(database, deps.replica);
    this.#feeds = new Feeds({
      ...{ reader, rings: new RingShelf(), clock, log, metrics, database },
      readThread: (tenantId, threadId) => readTypedThread(database, tenantId, threadId),
      ownHints: deps.ownHints,
      hints: deps.throughHints === undefined ? cluster.hints : deps.throughHints(cluster.hints),
      emit: (rooms, frame) => this.#io.local.to([...rooms]).emit('events', frame),
      stateOf: (tenantId) => this.#presence.stateOf(tenantId),
      observe: (tenantId, events) => {
        this.#presence.observe(tenantId, events);
        this.#threads.observe(tenantId, events);
      },
    });
    const graceMs = deps.expiryGraceMs ?? EXPIRY_GRACE_MS;
    const readMembers = createLiveMemberReader(database);
    const shared = { feeds: this.#feeds, reader, readMembers, gate: this.#gate, metrics, clock, graceMs };
    this.feed = createEventFeed({
      ...{ ...shared, memberLimit: this.#memberLimit, isDraining: () => this.#inFlight.closed },
    });
    this.#listen({
      ...shared,
      ...{ node, log, presence: this.#presence, threads: this.#threads, pairings: this.#pairings },
      commands: { ...deps, readMembers, inFlight: this.#inFlight },
    });
    this.#stopWatching = watchSlowClients(this.#io, metrics, log);
  }

  attach(httpServer: HttpServer): void {
    this.#io.attach(httpServer);
    writeOncePerTurn(this.#io.engine);
  }

  applyEffects(caller: Caller, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type !== 'typing') continue;
      const { threadId, assigneeId, on } = effect;
      const until = new Date(this.#deps.clock.nowMs() + (on ? TYPING_MS : 0)).toISOString();
      const frame = { threadId, by: { type: 'member', id: caller.memberId } as const, typing: on, until };
      const rooms = threadRooms(caller.tenantId, assigneeId);
      this.#signals.send({ name: 'typing', rooms, except: null, frame }, { everywhere: true });
    }
  }

  async drain(): Promise<void> {
    const answered = this.#inFlight.close();
    for (const feed of this.#feeds.all()) endDirect(feed);
    for (const socket of this.#sockets()) socket.emit('goodbye', { reason: 'drain', retryAfterMs: retryAfterMs() });
    await withDeadline(answered, DRAIN_MS, 'Draining').catch((error: unknown) => {
      this.#deps.log.warn({ err: error }, 'Some commands were not answered before the drain ended.');
    });
    const released = Promise.all([this.#presence.release(), this.#threads.release()]);
    await withDeadline(released, RELEASE_MS, 'Giving up leases').catch((error: unknown) => {
      this.#deps.log.warn({ err: error }, 'Not all leases were given up in time; they expire.');
    });
    await this.close();
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    void this.#inFlight.close();
    this.#stopWatching();
    this.#feeds.close();
    for (const socket of this.#sockets()) socket.disconnect(true);
    await this.#flushed();
    // Not io.close(), which would also close the HTTP server, and that is not ours.
    await this.#io.of('/').adapter.close();
    (this.#io.engine as EngineServer | undefined)?.close();
    this.#presence.close();
    this.#threads.stop();
    await this.#cluster.close();
  }

  /** Waits until the peers have received what was written to them, but not for peers that do not read. */
  async #flushed(): Promise<void> {
    const endMs = performance.now() + CLOSE_MS;
    const engine = this.#io.engine as EngineServer | undefined;
    while ((engine?.clientsCount ?? 0) > 0 && performance.now() < endMs) await pause(10);
  }

  #sockets(): InboxSocket[] {
    return [...this.#io.of('/').sockets.values()];
  }

  #listen(sessions: SessionDeps): void {
    const handshakes = { verifyToken: this.#deps.verifyToken, readMembers: sessions.readMembers };
    this.#io.use((socket, next) => {
      this.#gate
        .run(() => this.#authenticate(socket, handshakes))
        .then(
          () => {
            next();
          },
          (error: unknown) => {
            next(this.#refusal(error));
          },
        );
    });
    this.#io.on('connection', (socket) => {
      forgetHandshake(socket);
      startSession(socket, sessions);
    });
    this.#cluster.onPresence((tenantId) => {
      this.#presence.changedElsewhere(tenantId);
    });
    this.#cluster.onPairing((pairing) => {
      this.#pairings.show(pairing);
    });
    this.#cluster.onTyping(({ tenantId, threadId, contactId, assigneeId, typing, forMs }) => {
      const until = new Date(this.#deps.clock.nowMs() + (typing ? forMs : 0)).toISOString();
      const frame = { threadId, by: { type: 'contact', id: contactId } as const, typing, until };
      // Every node hears it and tells its own sockets.
      const rooms = threadRooms(tenantId, assigneeId);
      this.#signals.send({ name: 'typing', rooms, except: null, frame }, { everywhere: false });
    });
  }

  async #authenticate(socket: InboxSocket, deps: HandshakeDeps): Promise<void> {
    if (this.#inFlight.closed) {
      throw new InboxError('unavailable', 'This server is shutting down.', { retryAfterMs: retryAfterMs() });
    }
    socket.data = await authenticate(socket.handshake.auth, deps);
    // A socket that has closed meanwhile will not report its end again.
    if (socket.conn.readyState !== 'open') return;
    socket.conn.once('close', this.#memberLimit.take(socket.data.caller.memberId));
  }

  #refusal(error: unknown): Error {
    const refusal = asInboxError(error);
    if (refusal.code === 'internal') this.#deps.log.error({ err: error }, 'A handshake failed.');
    return Object.assign(new Error(refusal.message), { data: refusal.toBody() });
  }
}
