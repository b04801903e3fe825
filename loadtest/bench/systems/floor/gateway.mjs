/** The floor's live side: Socket.IO, a room per number, fed by one pub/sub message a batch. */
import { createServer } from 'node:http';

import { Server } from 'socket.io';

import { floorRedis, CHANNEL } from './redis.mjs';
import { serve } from '../serve.mjs';
import { jwtKey, verifyToken } from '../token.mjs';

const key = jwtKey();
const server = createServer();
const io = new Server(server, { transports: ['websocket'], perMessageDeflate: false, serveClient: false });

io.use((socket, next) => {
  const claims = verifyToken(key, String(socket.handshake.auth['token']));
  if (!claims) return next(new Error('unauthenticated'));
  socket.data = claims;
  next();
});
io.on('connection', (socket) => {
  Reflect.set(socket.conn, 'request', null); // the upgrade request's headers and buffers, which nobody needs
  void socket.join(/** @type {{ channel: string }} */ (socket.data).channel);
  socket.emit('ready');
});

const subscriber = floorRedis();
subscriber.on('message', (_channel, text) => {
  for (const [room, messages] of JSON.parse(text)) io.local.to(room).emit('messages', messages);
});
await subscriber.subscribe(CHANNEL);
await serve(server);
