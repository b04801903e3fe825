/**
 * What storing rows costs Postgres by itself: a statement on the floor's tables, with more and more to store. Nothing is
 * decided, looked up or put together.
 */
import { fileURLToPath } from 'node:url';

import postgres from 'postgres';

import { startMeter } from '../measure/meter.mjs';
import { cpuMs } from '../measure/proc.mjs';
import { USUAL } from './mode.mjs';

const TABLES = fileURLToPath(new URL('../systems/floor/schema.sql', import.meta.url));

/**
 * @typedef {object} Step What is added to the steps before it.
 * @property {string} name
 * @property {(sql: postgres.Sql) => Promise<unknown>} make tables and indexes
 *
 * @typedef {object} Stored
 * @property {string} title
 * @property {string} unit what is counted
 * @property {number[]} sizes of a batch
 * @property {number} numbers of the tables' accounts, channels 1, 2, 3 …
 * @property {Step[]} steps the first is the floor's statement alone, on the floor's tables
 * @property {(first: number, size: number) => object[]} batchFrom
 * @property {(sql: postgres.Sql, at: number, batch: object[]) => Promise<unknown>} store with everything up to a step
 */

/** Rows before any are measured, so that the tables are no longer small, and while one is measured. */
const WARM = 2_000;
const MEASURED = 4_000;

/**
 * @param {Stored} stored
 * @returns {import('./mode.mjs').Mode}
 */
export function storedMode(stored) {
  const { title, unit, sizes } = stored;
  return {
    ...{ ...USUAL, usual: false, title, systems: ['floor'] },
    figures: Object.fromEntries(
      sizes.flatMap((size) => [
        [`floor${size}`, { title: `µs/${unit}, batch of ${size}`, better: /** @type {const} */ ('less') }],
        [`rows${size}`, { title: `with the rows`, better: /** @type {const} */ ('less') }],
      ]),
    ),
    async run({ running }) {
      const meter = startMeter({ processes: [], stores: running.storePids, drivers: [process.pid] });
      /** @type {Record<string, number>} */
      const figures = {};
      for (const size of sizes) Object.assign(figures, await measure(stored, running.databaseUrl, size));
      return { figures, broken: [], disturbance: { foreign: meter.stop().foreign, lateP99Ms: 0 } };
    },
  };
}

/**
 * @param {Stored} stored
 * @param {string} url
 * @param {number} size of a batch
 * @returns {Promise<Record<string, number>>} µs of Postgres per row, by step
 */
async function measure(stored, url, size) {
  const steps = await Promise.all(stored.steps.map((_, at) => openStep(stored, { url, at, size })));
  /** @type {Record<string, number>} */
  const figures = {};
  for (const { name, feed, usedMs } of steps) {
    await feed(WARM);
    const before = usedMs();
    await feed(MEASURED);
    figures[`${name}${size}`] = figures[`rows${size}`] = ((usedMs() - before) * 1000) / MEASURED;
  }
  await Promise.all(steps.map(({ close }) => close()));
  return figures;
}

/**
 * Tables of its own with everything up to a step, and a connection of its own.
 *
 * @param {Stored} stored
 * @param {{ url: string, at: number, size: number }} place
 */
async function openStep({ steps, numbers, batchFrom, store }, { url, at, size }) {
  const schema = `rows_${at}_${size}`;
  const planner = { jit: false, enable_hashjoin: false, enable_mergejoin: false, enable_seqscan: false };
  const sql = postgres(url, { max: 1, connection: { ...planner, search_path: schema }, onnotice: () => {} });
  await sql`create schema ${sql(schema)}`;
  await sql.file(TABLES);
  await sql`insert into accounts (channel) select n::text from generate_series(1, ${numbers}) n`;
  for (const { make } of steps.slice(0, at + 1)) await make(sql);
  const [backend] = await sql`select pg_backend_pid() as pid`;
  let next = 0;
  return {
    name: steps[at]?.name ?? '',
    usedMs: () => cpuMs(Number(backend?.['pid'])),
    close: () => sql.end(),
    feed: async (/** @type {number} */ count) => {
      for (const end = next + count; next < end; next += size) await store(sql, at, batchFrom(next, size));
    },
  };
}
