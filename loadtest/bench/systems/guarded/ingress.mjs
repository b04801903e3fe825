/** The door with what operators need: Koa, a correlation id, a log line, two metrics; otherwise the floor's. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

import Router from '@koa/router';
import Koa from 'koa';
import pino from 'pino';
import { Counter, Histogram } from 'prom-client';

import { channelOf, isAuthentic } from '../floor/authentic.mjs';
import { floorRedis, STREAM } from '../floor/redis.mjs';
import { serve } from '../serve.mjs';

const redis = floorRedis();
const log = pino({ level: 'info' }, pino.destination({ dest: 1, sync: false }));
const requests = new Counter({ name: 'requests', help: 'Requests', labelNames: ['route', 'status'] });
const duration = new Histogram({ name: 'duration', help: 'Seconds', labelNames: ['route'] });
const correlation = new AsyncLocalStorage();
const MAX_BYTES = 3_000_000;

const app = new Koa();
const router = new Router();

app.use(async (ctx, next) => {
  const startedMs = performance.now();
  const id = randomUUID();
  ctx.set('x-correlation-id', id);
  await correlation.run(id, next);
  requests.inc({ route: 'webhook', status: ctx.status });
  duration.observe({ route: 'webhook' }, (performance.now() - startedMs) / 1000);
  log.debug({ id, status: ctx.status }, 'answered');
});

router.post('/webhook', async (ctx) => {
  const body = await bodyOf(ctx.req);
  if (!isAuthentic(body, ctx.get('x-hub-signature-256'))) ctx.throw(401);
  await redis.xadd(STREAM, '*', 'channel', channelOf(body), 'body', body);
  ctx.body = '{"received":true}';
});
app.use(router.routes());

/**
 * @param {import('node:http').IncomingMessage} req
 * @returns {Promise<Buffer>}
 */
async function bodyOf(req) {
  /** @type {Buffer[]} */
  const chunks = [];
  let bytes = 0;
  for await (const chunk of /** @type {AsyncIterable<Buffer>} */ (req)) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error('too large');
    chunks.push(chunk);
  }
  return chunks.length === 1 ? /** @type {Buffer} */ (chunks[0]) : Buffer.concat(chunks);
}

const answer = app.callback();
const server = createServer((request, response) => {
  void answer(request, response);
});
await serve(server);
