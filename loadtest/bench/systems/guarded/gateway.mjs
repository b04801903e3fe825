/** The live side with rights: rooms by what a role may see, checked commands, two round trips: decide, then write. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

import { AbilityBuilder, createMongoAbility, subject } from '@casl/ability';
import { createAdapter } from '@socket.io/redis-adapter';
import postgres from 'postgres';
import { Counter } from 'prom-client';
import { Server } from 'socket.io';
import { z } from 'zod';

import { openDoor } from '../floor/door.mjs';
import { CHANNEL, floorRedis, OUTBOUND } from '../floor/redis.mjs';
import { serve } from '../serve.mjs';

const Send = z.object({
  commandId: z.uuid(),
  threadId: z.uuid(),
  kind: z.literal('text'),
  text: z.string().min(1).max(4096),
});

/** @typedef {{ channel: string, tenant: string, member: string }} Claims */
/** @typedef {import('../floor/door.mjs').Ack} Ack */

const redis = floorRedis();
const commands = new Counter({ name: 'commands', help: 'Commands', labelNames: ['result'] });
const connection = { role: 'guarded_app', jit: false, plan_cache_mode: 'force_generic_plan' };
const sql = postgres(process.env['DATABASE_URL'] ?? '', { max: 4, connection, onnotice: () => {} });
const server = createServer();
const io = new Server(server, { transports: ['websocket'], perMessageDeflate: false, serveClient: false });
io.adapter(createAdapter(floorRedis(), floorRedis()));

openDoor(io, (socket) => {
  const claims = /** @type {Claims} */ (socket.data);
  socket.on('message:send', (/** @type {unknown} */ input, /** @type {Ack} */ ack) => {
    send(claims, input).then(
      (answer) => {
        commands.inc({ result: 'ok' });
        ack(answer);
      },
      () => ack({ ok: false, error: { code: 'unavailable' } }),
    );
  });
});

const subscriber = floorRedis();
subscriber.on('message', (_channel, text) => {
  for (const [room, events] of JSON.parse(text)) io.local.to(room).emit('events', events);
});
await subscriber.subscribe(CHANNEL);
await serve(server);

/**
 * @param {Claims} claims
 * @param {unknown} given
 */
async function send({ channel, tenant, member }, given) {
  const { commandId, threadId, text } = Send.parse(given);
  const [known] = await sql`select * from known(${tenant}, ${member}, ${commandId}, ${threadId})`;
  if (known?.['result']) return { ok: true, data: known['result'] };
  if (
    !known ||
    !abilityOf(known['role'], member).can('send', subject('Thread', { assigneeId: known['assignee_id'] }))
  ) {
    return { ok: false, error: { code: 'forbidden' } };
  }
  const events = await sql`select * from send(${tenant}, ${member}, ${commandId}, ${threadId}, ${known['version']},
    ${randomUUID()}, ${text}, ${String(Date.now())})`;
  if (events.length === 0) return await send({ channel, tenant, member }, given);
  void redis.publish(CHANNEL, JSON.stringify([[channel, events]]));
  void redis.xadd(OUTBOUND, '*', 'tenant', tenant, 'thread', threadId);
  return { ok: true, data: events[0]?.['data'], cursor: { seq: Number(events.at(-1)?.['seq']) } };
}

/**
 * @param {string} role
 * @param {string} member
 */
function abilityOf(role, member) {
  const { can, build } = new AbilityBuilder(createMongoAbility);
  if (role === 'lead') can('send', 'Thread');
  else can('send', 'Thread', { assigneeId: { $in: [null, member] } });
  return build();
}
