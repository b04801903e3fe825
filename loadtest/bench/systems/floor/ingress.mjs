/** The floor's door: raw bytes, HMAC, XADD, 200. No framework, no parsing beyond finding the number. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

import { floorRedis, STREAM } from './redis.mjs';
import { serve } from '../serve.mjs';

const secret = process.env['META_APP_SECRET'] ?? '';
const redis = floorRedis();
const MARK = Buffer.from('"phone_number_id":"');

/**
 * @param {Buffer} body
 * @returns {string} the number's id, found without parsing
 */
function channelOf(body) {
  const from = body.indexOf(MARK) + MARK.length;
  return body.toString('latin1', from, body.indexOf(0x22, from));
}

/**
 * @param {Buffer} body
 * @param {string} header
 */
function isAuthentic(body, header) {
  const expected = createHmac('sha256', secret).update(body).digest();
  const given = Buffer.from(header.slice('sha256='.length), 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

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
