/** The peer's api: Express 5, a queue behind the webhook, live updates as server-sent events, commands by REST. */
import { createHmac, createSecretKey, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

import { Queue } from 'bullmq';
import { and, eq } from 'drizzle-orm';
import express from 'express';
import { Redis } from 'ioredis';
import jwt from 'jsonwebtoken';

import { serve } from '../serve.mjs';
import { CHANNEL, INBOUND, JOB, openDatabase, OUTBOUND, redisOptions } from './connections.mjs';
import { accounts, messages, threads } from './tables.mjs';

const secret = process.env['META_APP_SECRET'] ?? '';
// Not the string: jsonwebtoken tries to read it as a public key at every check, which takes 0.4 ms.
const key = createSecretKey(Buffer.from(process.env['APP_JWT_SECRET'] ?? ''));
const connection = redisOptions();
const inbound = new Queue(INBOUND, { connection, defaultJobOptions: JOB });
const outbound = new Queue(OUTBOUND, { connection, defaultJobOptions: JOB });
const db = openDatabase(10);
/** @type {Map<string, Set<import('express').Response>>} */
const screens = new Map();

const app = express();
app.disable('x-powered-by');
app.disable('etag');

app.post('/webhook', express.json({ limit: '3mb', verify: checkSignature }), async (req, res) => {
  await inbound.add('webhook', req.body);
  res.json({ received: true });
});

app.get('/events', authenticate, (req, res) => {
  const { channel } = res.locals['claims'];
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  res.write('event: ready\ndata: {}\n\n');
  const list = screens.get(channel) ?? new Set();
  screens.set(channel, list.add(res));
  req.on('close', () => list.delete(res));
});

app.post('/messages', authenticate, express.json(), async (req, res) => {
  const { channel } = res.locals['claims'];
  const sent = await db.transaction(async (tx) => {
    const [thread] = await tx
      .select({ id: threads.id })
      .from(threads)
      .innerJoin(accounts, eq(accounts.id, threads.accountId))
      .where(and(eq(threads.id, Number(req.body.threadId)), eq(accounts.channel, channel)));
    if (!thread) return null;
    const wamid = randomUUID();
    const row = { threadId: thread.id, outbound: true, wamid, body: String(req.body.text), at: new Date() };
    const [message] = await tx.insert(messages).values(row).returning();
    await tx.update(threads).set({ lastWamid: wamid, lastAt: row.at }).where(eq(threads.id, thread.id));
    return message;
  });
  if (!sent) return void res.status(404).json({ error: 'not_found' });
  await outbound.add('send', { id: sent.id });
  res.json({ message: sent });
});

/**
 * @param {import('http').IncomingMessage} req
 * @param {import('http').ServerResponse} _res
 * @param {Buffer} body
 */
function checkSignature(req, _res, body) {
  const expected = createHmac('sha256', secret).update(body).digest();
  const given = Buffer.from(String(req.headers['x-hub-signature-256'] ?? '').slice('sha256='.length), 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw Object.assign(new Error('wrong signature'), { status: 401 });
  }
}

/**
 * @param {import('express').Request} req
 * @param {import('express').Response} res
 * @param {import('express').NextFunction} next
 */
function authenticate(req, res, next) {
  try {
    res.locals['claims'] = jwt.verify((req.headers.authorization ?? '').slice('Bearer '.length), key);
    next();
  } catch {
    res.status(401).json({ error: 'unauthenticated' });
  }
}

const subscriber = new Redis({ ...connection });
subscriber.on('message', (_channel, text) => {
  const { channel } = JSON.parse(text);
  for (const res of screens.get(channel) ?? []) res.write(`data: ${text}\n\n`);
});
await subscriber.subscribe(CHANNEL);
await serve(createServer(app));
