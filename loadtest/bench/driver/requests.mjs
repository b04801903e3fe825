/** What a connection can ask, in the words of each system. */
import { randomUUID } from 'node:crypto';

import { WebhookPool } from './webhook-pool.mjs';

/**
 * @typedef {object} Context
 * @property {import('./dialects.mjs').Screen | null} screen null: cut off
 * @property {string} token
 * @property {number} port
 * @property {string} thread
 * @property {number} n
 *
 * @typedef {(context: Context, done: (ok: boolean) => void) => void} Ask
 */

const LANES = 64;
/** @type {Map<number, WebhookPool>} */
const pools = new Map();

/**
 * @param {string} name
 * @param {(context: Context) => object} inputOf
 * @returns {Ask}
 */
function bySocket(name, inputOf) {
  return (context, done) => {
    const emit = context.screen?.emit;
    if (emit) emit(name, inputOf(context), (answer) => done(answer.ok));
    else setImmediate(done, false);
  };
}

const textOf = (/** @type {Context} */ { n }) => `Answer ${n}: yes, the blue one is here tomorrow at nine.`;

/** @type {Ask} */
function byRest(context, done) {
  const body = JSON.stringify({ threadId: context.thread, text: textOf(context) });
  const request =
    `POST /messages HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${context.token}\r\n` +
    `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  const pool = pools.get(context.port) ?? new WebhookPool({ ports: [context.port], size: LANES });
  pools.set(context.port, pool);
  pool.send(Buffer.from(request), (status) => done(status === 200));
}

const commandsInFull = {
  send: bySocket('message:send', (context) => ({
    ...{ threadId: context.thread, kind: 'text', text: textOf(context), commandId: randomUUID() },
  })),
  type: bySocket('typing:set', ({ thread }) => ({ threadId: thread, typing: false })),
};

/** @type {Record<import('./dialects.mjs').DialectName, Partial<Record<'send' | 'type', Ask>>>} */
export const ASK = {
  ours: commandsInFull,
  guarded: commandsInFull,
  floor: {
    send: bySocket('message:send', (context) => ({ threadId: context.thread, text: textOf(context) })),
    type: bySocket('typing:set', ({ thread }) => ({ threadId: thread, typing: false })),
  },
  peer: { send: byRest },
};
