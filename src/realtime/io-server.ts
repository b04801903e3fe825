/**
 * The Socket.IO server: WebSocket only, bounded packets, admission through the door. Anybody with a valid token may
 * connect, from anywhere.
 */
import { Server } from 'socket.io';
import { Decoder } from 'socket.io-parser';
import { asInboxError } from './commands.ts';
import type { Door } from './door.ts';
import { FrameEncoder } from './frame-encoder.ts';
import type { InboxServer, SocketData } from './types.ts';

/**
 * Bytes of one packet from a client; larger ones end the connection. Far above any command, so that one which is too
 * large is answered: a client that only loses its connection comes back and sends it again.
 */
const MAX_PACKET_BYTES = 1024 * 1024;

/**
 * Origins are not checked. Browsers allow WebSockets to any origin, but there is no cookie, so a foreign page has no
 * credentials to connect with.
 */
export function createIoServer(door: Door): InboxServer {
  return new Server<never, never, never, SocketData>({
    transports: ['websocket'],
    perMessageDeflate: false,
    pingInterval: 10_000,
    pingTimeout: 8000,
    connectTimeout: 15_000,
    maxHttpBufferSize: MAX_PACKET_BYTES,
    serveClient: false,
    parser: { Encoder: FrameEncoder, Decoder },
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
  });
}
