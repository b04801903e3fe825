/** The same questions of an agent while a business grows: each size is ten times the one before. */
import { openSocket } from '../driver/socket.mjs';
import { percentile } from '../measure/stats.mjs';
import { seedThreads } from '../systems/ours/seed.mjs';
import { USUAL } from './mode.mjs';

/** Our gateways take 20 commands a second of one connection. */
const SOCKETS = 10;
const SAMPLES = 100;

/** @typedef {{ name: string, inputOf: (context: { n: number, size: number, threads: string[] }) => object }} Question */

/** @type {Record<string, Question>} */
const QUESTIONS = {
  list: { name: 'thread:list', inputOf: () => ({ limit: 50 }) },
  filtered: { name: 'thread:list', inputOf: () => ({ status: 'open', assignee: 'none', limit: 50 }) },
  mine: { name: 'thread:list', inputOf: () => ({ assignee: 'me', limit: 50 }) },
  // What a lead's screen asks all day.
  oldest: { name: 'thread:list', inputOf: () => ({ status: 'open', assignee: 'none', order: 'oldest', limit: 50 }) },
  unread: { name: 'thread:list', inputOf: () => ({ status: 'open', unread: true, order: 'oldest', limit: 50 }) },
  snapshot: { name: 'inbox:snapshot', inputOf: () => ({ limit: 50 }) },
  history: {
    name: 'thread:messages',
    inputOf: ({ n, threads }) => ({ threadId: threads[n % threads.length], limit: 50 }),
  },
  search: {
    name: 'thread:list',
    inputOf: ({ n, size }) => ({ q: n % 2 === 0 ? `Customer ${(n * 7919) % size}` : `order ${(n * 7919) % size}` }),
  },
};

/** @type {import('./mode.mjs').Mode} */
export const growth = {
  ...{ ...USUAL, usual: false, size: { tenants: 1, agents: 1 }, systems: ['ours'] },
  title: 'p95 with the most threads, and how many times that with the fewest',
  figures: Object.fromEntries(
    Object.keys(QUESTIONS).flatMap((name) => [
      [name, { title: `${name} ms`, digits: 1, better: 'less' }],
      [`${name}Times`, { title: '×', digits: 2, better: 'less' }],
    ]),
  ),
  run: (bench) => grow(bench, bench.options.threads),
};

/**
 * @param {import('./mode.mjs').Bench} bench
 * @param {number[]} sizes
 * @returns {Promise<import('./mode.mjs').Cell>}
 */
async function grow({ running }, sizes) {
  /** @type {Record<string, number>} */
  const figures = {};
  let before = 0;
  for (const size of sizes) {
    await seedThreads(running.databaseUrl, before, size);
    before = size;
    for (const [name, p95] of Object.entries(await askAll(running, size))) figures[`${name}.${size}`] = p95;
  }
  for (const name of Object.keys(QUESTIONS)) {
    figures[name] = figures[`${name}.${sizes.at(-1)}`] ?? Number.NaN;
    figures[`${name}Times`] = figures[name] / (figures[`${name}.${sizes[0]}`] ?? Number.NaN);
  }
  return { figures, broken: [], disturbance: { foreign: 0, lateP99Ms: 0 } };
}

/**
 * @param {import('../running.mjs').Running} running
 * @param {number} size
 * @returns {Promise<Record<string, number>>} p95 by question, ms
 */
async function askAll({ doors, team }, size) {
  const options = { port: doors.screens.ports[0] ?? 0, auth: { token: team.tokens[0]?.[0] }, onEvent: () => {} };
  const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => openSocket(options)));
  const ask = (/** @type {number} */ n, /** @type {string} */ name, /** @type {object} */ input) =>
    new Promise((/** @type {(answer: any) => void} */ done) => sockets[n % SOCKETS]?.emit(name, input, done));
  const first = await ask(0, 'thread:list', { limit: 50 });
  /** @type {{ id: string }[]} */
  const items = first.data.items;
  const threads = items.map(({ id }) => id);
  /** @type {Record<string, number>} */
  const p95 = {};
  for (const [question, { name, inputOf }] of Object.entries(QUESTIONS)) {
    const times = [];
    for (let n = 0; n < SAMPLES; n += 1) {
      const startMs = performance.now();
      const answer = await ask(n, name, inputOf({ n, size, threads }));
      if (answer.ok) times.push(performance.now() - startMs);
      else if (answer.error.code !== 'rate_limited') throw new Error(`${name}: ${answer.error.code}`);
      else await new Promise((done) => setTimeout(done, answer.error.details.retryAfterMs));
    }
    p95[question] = percentile(times, 0.95);
  }
  for (const socket of sockets) socket.close();
  return p95;
}
