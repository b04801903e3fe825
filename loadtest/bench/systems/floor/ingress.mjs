/** The floor's door: raw bytes, HMAC, XADD, 200. No framework, no parsing beyond finding the number. */
import { createServer } from 'node:http';

import { channelOf, isAuthentic } from './authentic.mjs';
import { floorRedis, STREAM } from './redis.mjs';
import { serve } from '../serve.mjs';

const redis = floorRedis();

const server = createServer((req, res) => {
  /** @type {Buffer[]} */
  const chunks = [];
  req.on('data', (chunk) => chunks.push(chunk));
  req.on('end', () => {
    const body = chunks.length === 1 ? /** @type {Buffer} */ (chunks[0]) : Buffer.concat(chunks);
    if (!isAuthentic(body, String(req.headers['x-hub-signature-256'] ?? ''))) {
      res.writeHead(401).end();
      return;
    }
    redis.xadd(STREAM, '*', 'channel', channelOf(body), 'body', body).then(
      () => res.end('{"received":true}'),
      () => res.writeHead(503).end(),
    );
  });
});

await serve(server);
