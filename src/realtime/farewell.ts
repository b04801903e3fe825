/** Ends connections so that the client knows why and no buffers are left behind. */
import type { Goodbye } from '../contract/socket.ts';
import type { InboxSocket } from './types.ts';

/** How long a peer that does not read may take to receive the goodbye, ms. */
const LINGER_MS = 2000;

interface RawTransport {
  readonly socket?: { terminate?: () => void };
}

/** Says goodbye and disconnects. What the peer has not received after 2 s is discarded with the connection. */
export function sayGoodbye(socket: InboxSocket, goodbye: Goodbye): void {
  const { conn } = socket;
  leaveAll(socket);
  socket.emit('goodbye', goodbye);
  socket.disconnect(true);
  const timer = setTimeout(() => {
    cut(conn);
  }, LINGER_MS);
  conn.once('close', () => {
    clearTimeout(timer);
  });
}

/** Closes the transport without a goodbye: the client treats it as a lost connection and reconnects. */
export function dropConnection(socket: InboxSocket): void {
  socket.conn.close();
}

function cut(conn: InboxSocket['conn']): void {
  // A polite close would wait for the peer that has stopped reading.
  (conn.transport as RawTransport).socket?.terminate?.();
}

function leaveAll(socket: InboxSocket): void {
  for (const room of [...socket.rooms]) if (room !== socket.id) void socket.leave(room);
}
