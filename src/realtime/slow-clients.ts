/** Keeps a peer that has stopped reading from filling our memory: first no ephemerals, then no connection. */
import type { Logger } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import { sayGoodbye } from './farewell.ts';
import { SLOW_ROOM } from './rooms.ts';
import type { InboxServer, InboxSocket } from './types.ts';

const TICK_MS = 200;
/** Packets waiting for the peer above which ephemeral frames pass it by. */
const SLOW_PACKETS = 64;
/** Packets, or bytes, above which it is cut: the log makes that free of loss. */
const CUT_PACKETS = 256;
const CUT_BYTES = 1024 * 1024;

interface Backlog {
  readonly packets: number;
  readonly bytes: number;
}

interface RawConnection {
  readonly writeBuffer?: readonly { readonly data?: unknown }[];
  readonly transport?: { readonly socket?: { readonly bufferedAmount?: number } };
}

/** What waits in the engine and in the WebSocket for this peer. */
function backlogOf(socket: InboxSocket): Backlog {
  const conn = socket.conn as unknown as RawConnection;
  const waiting = conn.writeBuffer ?? [];
  const queued = waiting.reduce((sum, { data }) => sum + (typeof data === 'string' ? data.length : 0), 0);
  return { packets: waiting.length, bytes: queued + (conn.transport?.socket?.bufferedAmount ?? 0) };
}

/** Looks at every socket five times a second until the returned function is called. */
export function watchSlowClients(
  io: InboxServer,
  metrics: Pick<Metrics, 'realtimeSlowClients'>,
  log: Logger,
): () => void {
  const timer = setInterval(() => {
    for (const socket of io.of('/').sockets.values()) check(socket, metrics, log);
  }, TICK_MS);
  return () => {
    clearInterval(timer);
  };
}

function check(socket: InboxSocket, metrics: Pick<Metrics, 'realtimeSlowClients'>, log: Logger): void {
  const { packets, bytes } = backlogOf(socket);
  if (packets > CUT_PACKETS || bytes > CUT_BYTES) {
    metrics.realtimeSlowClients.inc();
    log.info({ memberId: socket.data.caller.memberId, bytes, count: packets }, 'A slow client was cut.');
    sayGoodbye(socket, { reason: 'slow', retryAfterMs: 1000 });
    return;
  }
  const slow = packets > SLOW_PACKETS;
  if (slow === socket.rooms.has(SLOW_ROOM)) return;
  if (slow) void socket.join(SLOW_ROOM);
  else void socket.leave(SLOW_ROOM);
}
