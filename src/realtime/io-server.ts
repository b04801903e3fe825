/** The Socket.IO server: WebSocket only, bounded packets, and a door that few pass at a time. */
import { Server } from 'socket.io';
import { asInboxError } from './commands.ts';
import { Gate } from './gate.ts';
import type { InboxServer, SocketData } from './types.ts';

/** Bytes of one packet from a client; larger ones end the connection. */
const MAX_PACKET_BYTES = 256 * 1024;
/** Upgrades begun: fewer per turn than go on inside, so that who is in is not kept waiting by who is still outside. */
const DOOR = { atOnce: 256, perTurn: 4, waiting: 20_000 } as const;

/** `corsOrigins`: of browsers that may connect; empty: same origin only. */
export function createIoServer(corsOrigins: readonly string[]): InboxServer {
  const door = new Gate(DOOR);
  return new Server<never, never, never, SocketData>({
    transports: ['websocket'],
    perMessageDeflate: false,
    pingInterval: 10_000,
    pingTimeout: 8000,
    connectTimeout: 15_000,
    maxHttpBufferSize: MAX_PACKET_BYTES,
    serveClient: false,
    allowRequest: (_request, answer) => {
      door.pass().then(
        () => {
          answer(null, true);
        },
        (error: unknown) => {
          answer(asInboxError(error).message, false);
        },
      );
    },
    ...(corsOrigins.length === 0 ? {} : { cors: { origin: [...corsOrigins], credentials: true } }),
  });
}
