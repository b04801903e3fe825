/** The way in to the live side, of the floor and of guarded: a token, a room per number, typing. */
import { jwtKey, verifyToken } from '../token.mjs';

/** @typedef {(answer: object) => void} Ack */

/**
 * Lets in whoever has a token and says `ready`.
 *
 * @param {import('socket.io').Server} io
 * @param {(socket: import('socket.io').Socket) => void} onMember adds commands; `socket.data` has the token's claims
 */
export function openDoor(io, onMember) {
  const key = jwtKey();
  io.use((socket, next) => {
    const claims = verifyToken(key, String(socket.handshake.auth['token']));
    if (!claims) return next(new Error('unauthenticated'));
    socket.data = claims;
    next();
  });
  io.on('connection', (socket) => {
    Reflect.set(socket.conn, 'request', null); // the upgrade request's headers and buffers, which nobody needs
    const { channel } = /** @type {{ channel: string }} */ (socket.data);
    void socket.join(channel);
    socket.on('typing:set', (/** @type {object} */ input, /** @type {Ack} */ ack) => {
      socket.to(channel).emit('typing', { ...input, by: socket.id, until: new Date().toISOString() });
      ack({ ok: true });
    });
    onMember(socket);
    socket.emit('ready');
  });
}
