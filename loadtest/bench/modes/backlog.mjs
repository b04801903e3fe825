/** A worker that finds a million accepted webhooks waiting: its memory, and whether it gets slower on the way. */
import { setTimeout as sleep } from 'node:timers/promises';

import { Redis } from 'ioredis';

import { Traffic } from '../driver/traffic.mjs';
import { startMeter } from '../measure/meter.mjs';
import { memoryOf } from '../measure/proc.mjs';
import { USUAL } from './mode.mjs';
import { loadOf, planOf } from './pipeline.mjs';
import { WebhookPool } from '../driver/webhook-pool.mjs';

/** @typedef {{ key: string, fields: Buffer[], body: number }} Pattern An entry as the system wrote it; where its body is. */

const AT_ONCE = 2_000;
const LOOK_MS = 500;
/** Nothing moved for so long: what is left stays. */
const STILL_MS = 30_000;

/** @type {import('./mode.mjs').Mode} */
export const backlog = {
  ...{ ...USUAL, usual: false, title: 'a backlog of accepted webhooks', systems: ['floor', 'ours'] },
  later: ['inbound', 'worker'],
  figures: {
    entries: { title: 'webhooks', better: 'more' },
    perSecond: { title: 'msg/s', better: 'more' },
    slowdown: { title: 'last third / first third', digits: 2, better: 'more' },
    rssMb: { title: "worker's peak RSS MB", better: 'less' },
  },
  run: (bench) => workOff(bench, bench.options.entries),
};

/**
 * @param {import('./mode.mjs').Bench} bench
 * @param {number} count
 * @returns {Promise<import('./mode.mjs').Cell>}
 */
async function workOff(bench, count) {
  const { running, system } = bench;
  const redis = new Redis(running.redisUrl, { protocol: 3, replyMapping: 'legacy' });
  try {
    const traffic = new Traffic(planOf(bench, loadOf(bench, { kind: 'burst', count: 0 })));
    const patterns = await learn(bench, traffic, redis);
    await fill(redis, traffic, patterns, count);
    const keys = [...new Set([...patterns.values()].map(({ key }) => key))];
    const worker = await running.launch();
    const meter = startMeter({ processes: [worker], stores: running.storePids, drivers: [] });
    const watched = await drain(redis, keys, worker.pid);
    const { foreign } = meter.stop();
    const stored = (await system.conversations(running.databaseUrl)).flatMap(({ wamids }) => wamids);
    const distinct = new Set(stored).size;
    return {
      figures: { entries: count, ...speeds(watched), rssMb: Math.max(...watched.map(({ rssKb }) => rssKb)) / 1024 },
      broken: [
        ...(distinct < count ? [`${count - distinct} lost`] : []),
        ...(distinct < stored.length ? [`${stored.length - distinct} doubled`] : []),
      ],
      disturbance: { foreign, lateP99Ms: 0 },
    };
  } finally {
    redis.disconnect();
  }
}

/**
 * Sends one webhook per number through the door and looks at what became of it.
 *
 * @param {import('./mode.mjs').Bench} bench
 * @param {Traffic} traffic
 * @param {Redis} redis
 * @returns {Promise<Map<string, Pattern>>} by number
 */
async function learn({ running }, traffic, redis) {
  const { doors, team } = running;
  const pool = new WebhookPool({ ports: doors.webhook.ports, size: 1 });
  for (const n of team.channels.keys()) {
    await new Promise((done) => pool.send(traffic.request(n), (status) => done(status)));
  }
  pool.close();
  /** @type {Map<string, Pattern>} */
  const patterns = new Map();
  for (const key of await redis.keys('*ingest*')) {
    for (const [, fields] of await redis.xrangeBuffer(key, '-', '+')) {
      const body = fields.findIndex((field) => field.includes('"phone_number_id"'));
      const channel = /"phone_number_id":"([^"]+)"/.exec(String(fields[body]))?.[1] ?? '';
      patterns.set(channel, { key, fields, body });
    }
  }
  return patterns;
}

/**
 * @param {Redis} redis
 * @param {Traffic} traffic
 * @param {Map<string, Pattern>} patterns
 * @param {number} count entries in all, those that are there included
 */
async function fill(redis, traffic, patterns, count) {
  for (let n = patterns.size; n < count;) {
    const pipeline = redis.pipeline();
    for (const end = Math.min(count, n + AT_ONCE); n < end; n += 1) {
      const pattern = patterns.get(traffic.conversation(n).channel.id);
      if (!pattern) throw new Error('a webhook left no entry on a stream');
      pipeline.xadd(pattern.key, '*', ...pattern.fields.with(pattern.body, Buffer.from(traffic.body(n))));
    }
    await pipeline.exec();
  }
}

/**
 * @param {Redis} redis
 * @param {string[]} keys
 * @param {number} pid
 * @returns {Promise<{ atMs: number, left: number, rssKb: number }[]>}
 */
async function drain(redis, keys, pid) {
  /** @type {{ atMs: number, left: number, rssKb: number }[]} */
  const seen = [];
  let movedMs = performance.now();
  for (;;) {
    const lengths = await Promise.all(keys.map((key) => redis.xlen(key)));
    const left = lengths.reduce((sum, length) => sum + length, 0);
    if (left !== seen.at(-1)?.left) movedMs = performance.now();
    seen.push({ atMs: performance.now(), left, rssKb: memoryOf(pid).rssKb });
    if (left === 0 || performance.now() - movedMs > STILL_MS) return seen;
    await sleep(LOOK_MS);
  }
}

/** @param {{ atMs: number, left: number }[]} watched */
function speeds(watched) {
  const total = watched[0]?.left ?? 0;
  const when = (/** @type {number} */ share) =>
    watched.find(({ left }) => left <= total * (1 - share))?.atMs ?? Number.NaN;
  const [start, first, second, end] = [when(0), when(1 / 3), when(2 / 3), when(1)].map(Number);
  const [beginning, ending] = [(first ?? 0) - (start ?? 0), (end ?? 0) - (second ?? 0)];
  return { perSecond: (total * 1000) / ((end ?? 0) - (start ?? 0)), slowdown: beginning / ending };
}
