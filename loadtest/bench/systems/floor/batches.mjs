/** Up to 500 accepted webhooks in one read; acknowledged and deleted together. */
import { floorRedis, STREAM } from './redis.mjs';

const GROUP = 'workers';
const COUNT = 500;
const BLOCK_MS = 5_000;

const reader = floorRedis();
await reader.xgroup('CREATE', STREAM, GROUP, '0', 'MKSTREAM');

/** @returns {Promise<[string, string[]][]>} id and fields of each entry; empty when none came for 5 s */
export async function readBatch() {
  const reply = await reader.xreadgroup('GROUP', GROUP, 'w', 'COUNT', COUNT, 'BLOCK', BLOCK_MS, 'STREAMS', STREAM, '>');
  const streams = /** @type {[string, [string, string[]][]][] | null} */ (reply);
  return streams?.[0]?.[1] ?? [];
}

/**
 * @param {import('ioredis').Redis} redis
 * @param {[string, string[]][]} entries
 */
export function finish(redis, entries) {
  const ids = entries.map(([id]) => id);
  void redis.xack(STREAM, GROUP, ...ids);
  void redis.xdel(STREAM, ...ids);
}

/**
 * @param {{ channel: string }[]} messages
 * @returns {string} what is published of a batch: `[[room, messages], …]`
 */
export function byRoom(messages) {
  /** @type {Map<string, unknown[]>} */
  const rooms = new Map();
  for (const message of messages) {
    const list = rooms.get(message.channel);
    if (list) list.push(message);
    else rooms.set(message.channel, [message]);
  }
  return JSON.stringify([...rooms]);
}
