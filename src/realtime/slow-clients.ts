/**
 * Keeps a peer that has stopped reading from filling our memory: first it gets no more signals, then it is
 * disconnected.
 */
import type { Logger } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import { sayGoodbye } from './farewell.ts';
import { SLOW_ROOM } from './rooms.ts';
import type { InboxServer, InboxSocket } from './types.ts';

const TICK_MS = 200;
/** Above this many packets, or bytes, waiting for a peer, ephemeral frames skip it. */
const SLOW_PACKETS = 64;
const SLOW_BYTES = 64 * 1024;
/**
 * Above this many packets, or bytes, a peer is disconnected unless its backlog is shrinking: a long replay or a large
 * batch briefly puts that much before a healthy peer. Disconnecting loses nothing, because of the log.
 */
const CUT_PACKETS = 256;
const CUT_BYTES = 1024 * 1024;
/** How long a peer above the limit may go without receiving anything. */
const PATIENCE_MS = 2000;
/** A peer this many times above the limit is disconnected at once. */
const HARD_FACTOR = 8;
/** How soon a disconnected client should come back, ms. */
const RETRY_MS = 1000;

interface Backlog {
  readonly packets: number;
  readonly bytes: number;
}

interface RawConnection {
  readonly writeBuffer?: readonly { readonly data?: unknown }[];
  readonly transport?: { readonly socket?: { readonly bufferedAmount?: number } };
}

const NOTHING: Backlog = { packets: 0, bytes: 0 };

/** What is waiting for this peer in the engine and in the WebSocket. */
function backlogOf(socket: InboxSocket): Backlog {
  const conn = socket.conn as unknown as RawConnection;
  const waiting = conn.writeBuffer ?? [];
  const buffered = conn.transport?.socket?.bufferedAmount ?? 0;
  if (waiting.length === 0 && buffered === 0) return NOTHING;
  const queued = waiting.reduce((sum, { data }) => sum + (typeof data === 'string' ? data.length : 0), 0);
  return { packets: waiting.length, bytes: queued + buffered };
}

/** The smallest backlog since a peer exceeded the limit, and when that was. */
interface Lowest extends Backlog {
  readonly atMs: number;
}

/** Checks every socket five times a second until the returned function is called. */
export function watchSlowClients(
  io: InboxServer,
  metrics: Pick<Metrics, 'realtimeSlowClients'>,
  log: Logger,
): () => void {
  const over = new WeakMap<InboxSocket, Lowest>();
  let behind = new Set<InboxSocket>();
  const timer = setInterval(() => {
    const before = behind;
    behind = new Set();
    for (const socket of io.of('/').sockets.values()) {
      const backlog = backlogOf(socket);
      // True for nearly all sockets, nearly always.
      if (backlog === NOTHING && !before.has(socket)) continue;
      if (backlog !== NOTHING) behind.add(socket);
      if (isStuck(over, socket, backlog)) cut(socket, backlog);
      else passEphemeralsBy(socket, backlog.packets > SLOW_PACKETS || backlog.bytes > SLOW_BYTES);
    }
  }, TICK_MS);
  const cut = (socket: InboxSocket, { packets, bytes }: Backlog): void => {
    metrics.realtimeSlowClients.inc();
    log.info({ memberId: socket.data.caller.memberId, bytes, count: packets }, 'A slow client was cut.');
    sayGoodbye(socket, { reason: 'slow', retryAfterMs: RETRY_MS });
  };
  return () => {
    clearInterval(timer);
  };
}

function exceeds({ packets, bytes }: Backlog, factor: number): boolean {
  return packets > CUT_PACKETS * factor || bytes > CUT_BYTES * factor;
}

function isStuck(over: WeakMap<InboxSocket, Lowest>, socket: InboxSocket, backlog: Backlog): boolean {
  if (exceeds(backlog, HARD_FACTOR)) return true;
  if (!exceeds(backlog, 1)) {
    over.delete(socket);
    return false;
  }
  const nowMs = performance.now();
  const lowest = over.get(socket);
  if (lowest === undefined || backlog.bytes < lowest.bytes || backlog.packets < lowest.packets) {
    over.set(socket, { ...backlog, atMs: nowMs });
    return false;
  }
  return nowMs - lowest.atMs >= PATIENCE_MS;
}

function passEphemeralsBy(socket: InboxSocket, slow: boolean): void {
  if (slow === socket.rooms.has(SLOW_ROOM)) return;
  if (slow) void socket.join(SLOW_ROOM);
  else void socket.leave(SLOW_ROOM);
}
