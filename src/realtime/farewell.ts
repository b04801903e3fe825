/** Ending a connection so that the client knows why and the buffers do not linger. */
import type { Goodbye } from '../contract/socket.ts';
import type { InboxSocket } from './types.ts';

/** A peer that does not read gets this long to take the goodbye, ms. */
const LINGER_MS = 2000;

interface RawTransport {
  readonly socket?: { terminate?: () => void };
}

/** Says goodbye and disconnects; what the peer does not take within 2 s is thrown away with the connection. */
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

/** Closes the transport without a word: the client takes it for a lost connection and comes back by itself. */
export function dropConnection(socket: InboxSocket): void {
  socket.conn.close();
}

function cut(conn: InboxSocket['conn']): void {
  // Closing politely would wait for the peer that has stopped reading.
  (conn.transport as RawTransport).socket?.terminate?.();
}

function leaveAll(socket: InboxSocket): void {
  for (const room of [...socket.rooms]) if (room !== socket.id) void socket.leave(room);
}
