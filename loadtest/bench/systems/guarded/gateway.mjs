/** The live side with rights: rooms by what a role may see, and checked commands in rounds. */
import { createServer } from 'node:http';

import { createAdapter } from '@socket.io/redis-adapter';
import postgres from 'postgres';
import { Counter } from 'prom-client';
import { Server } from 'socket.io';
import { z } from 'zod';

import { openDoor } from '../floor/door.mjs';
import { CHANNEL, floorRedis } from '../floor/redis.mjs';
import { serve } from '../serve.mjs';
import { openRounds } from './rounds.mjs';

const Send = z.object({
  commandId: z.uuid(),
  threadId: z.uuid(),
  kind: z.literal('text'),
  text: z.string().min(1).max(4096),
});

/** @typedef {import('./rounds.mjs').Claims} Claims */
/** @typedef {import('../floor/door.mjs').Ack} Ack */

const redis = floorRedis();
const commands = new Counter({ name: 'commands', help: 'Commands' });
const connection = { role: 'guarded_app', jit: false, plan_cache_mode: 'force_generic_plan' };
const sql = postgres(process.env['DATABASE_URL'] ?? '', { max: 4, connection, onnotice: () => {} });
const server = createServer();
const io = new Server(server, { transports: ['websocket'], perMessageDeflate: false, serveClient: false });
io.adapter(createAdapter(floorRedis(), floorRedis()));

const send = openRounds(sql, redis);

openDoor(io, (socket) => {
  const claims = /** @type {Claims} */ (socket.data);
  socket.on('message:send', (/** @type {unknown} */ input, /** @type {Ack} */ ack) => {
    commands.inc();
    const checked = Send.safeParse(input);
    if (!checked.success) return ack({ ok: false, error: { code: 'invalid_input' } });
    send(claims, checked.data).then(ack, () => ack({ ok: false, error: { code: 'unavailable' } }));
  });
});

const subscriber = floorRedis();
subscriber.on('message', (_channel, text) => {
  for (const [room, events] of JSON.parse(text)) io.local.to(room).emit('events', events);
});
await subscriber.subscribe(CHANNEL);
await serve(server);
