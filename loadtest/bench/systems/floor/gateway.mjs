/** The floor's live side: Socket.IO, a room per number, fed by one pub/sub message a batch; and two commands. */
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';

import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import postgres from 'postgres';
import { Server } from 'socket.io';

import { serve } from '../serve.mjs';
import { openDoor } from './door.mjs';
import { CHANNEL, floorRedis, OUTBOUND } from './redis.mjs';

/** @typedef {import('./door.mjs').Ack} Ack */
/** @typedef {{ threadId: string, text: string }} Send */

const redis = floorRedis();
const sql = postgres(process.env['DATABASE_URL'] ?? '', { max: 4, onnotice: () => {} });
const server = createServer();
const io = new Server(server, { transports: ['websocket'], perMessageDeflate: false, serveClient: false });
io.adapter(await adapter());

openDoor(io, (socket) => {
  const { channel } = /** @type {{ channel: string }} */ (socket.data);
  socket.on('message:send', (/** @type {Send} */ input, /** @type {Ack} */ ack) => {
    send(channel, input).then(
      (message) => ack(message ? { ok: true, data: { message } } : { ok: false, error: { code: 'not_found' } }),
      () => ack({ ok: false, error: { code: 'unavailable' } }),
    );
  });
});

const subscriber = floorRedis();
subscriber.on('message', (_channel, text) => {
  for (const [room, messages] of JSON.parse(text)) io.local.to(room).emit('messages', messages);
});
await subscriber.subscribe(CHANNEL);
await serve(server);

/** As the product does it: sharded pub/sub where Redis has it. */
async function adapter() {
  const [pub, sub] = [floorRedis(), floorRedis()];
  const version = Number(/redis_version:(\d+)/.exec(await redis.info('server'))?.[1]);
  return version >= 7 ? createShardedAdapter(pub, sub, { subscriptionMode: 'dynamic' }) : createAdapter(pub, sub);
}

/**
 * One statement, then one XADD. Index: threads_pkey. Locks the thread's row.
 *
 * @param {string} channel
 * @param {Send} input
 * @returns {Promise<unknown>} undefined when it is not this channel's thread
 */
async function send(channel, { threadId, text }) {
  const [message] = await sql`
    with touched as (
      update threads t set last_at = now() from accounts a
      where t.id = ${threadId} and a.id = t.account_id and a.channel = ${channel} returning t.id
    )
    insert into messages (thread_id, outbound, wamid, body, at)
    select id, true, ${randomUUID()}, ${text}, now() from touched
    returning id, thread_id, wamid, body, at`;
  if (message) await redis.xadd(OUTBOUND, '*', 'id', message['id']);
  return message;
}
