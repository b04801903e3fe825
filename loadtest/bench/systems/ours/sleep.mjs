/**
 * The control of `--control sleep`, loaded before our inbound worker: whatever it reads from a stream arrives 2 ms per
 * entry late. If the bench did not show that, it would show nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { Redis } from 'ioredis';

const MS_PER_ENTRY = 2;

const read = Reflect.get(Redis.prototype, 'xreadgroupBuffer');

/**
 * @this {Redis}
 * @param {unknown[]} args
 */
async function readLate(...args) {
  const reply = /** @type {[Buffer, unknown[]][] | null} */ (await Reflect.apply(read, this, args));
  const entries = (reply ?? []).reduce((sum, [, list]) => sum + list.length, 0);
  if (entries > 0) await sleep(entries * MS_PER_ENTRY);
  return reply;
}
Reflect.set(Redis.prototype, 'xreadgroupBuffer', readLate);
