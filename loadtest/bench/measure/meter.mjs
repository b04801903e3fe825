/** CPU of a system's processes over an interval, and of everybody else on the machine meanwhile. */
import { cpus } from 'node:os';

import { cpuMs, familyCpuMs, machineCpuMs } from './proc.mjs';

/** More of the machine than this used by others spoils a round. */
export const FOREIGN_LIMIT = 0.1;

/**
 * @typedef {object} Reading
 * @property {Record<string, number>} cpuMs by process, Postgres and Redis too
 * @property {number} foreign share of the machine that others used, 0 to 1
 */

/**
 * @param {{ processes: { name: string, pid: number }[], stores: { postgres: number | null, redis: number | null },
 *           drivers: number[] }} watched
 */
export function startMeter({ processes, stores, drivers }) {
  const read = () => {
    const own = Object.fromEntries(processes.map(({ name, pid }) => [name, cpuMs(pid)]));
    if (stores.postgres !== null) own['postgres'] = familyCpuMs(stores.postgres);
    if (stores.redis !== null) own['redis'] = cpuMs(stores.redis);
    const helpers = drivers.reduce((sum, pid) => sum + cpuMs(pid), cpuMs(process.pid));
    return { own, helpers, machine: machineCpuMs(), atMs: performance.now() };
  };
  const begin = read();
  return {
    /** @returns {Reading} since the start */
    stop() {
      const end = read();
      // What was killed meanwhile cannot be read any more.
      const left = Object.entries(end.own).filter(([, ms]) => ms > 0);
      const own = Object.fromEntries(left.map(([name, ms]) => [name, ms - (begin.own[name] ?? 0)]));
      const ours = Object.values(own).reduce((sum, ms) => sum + ms, 0) + end.helpers - begin.helpers;
      const elapsed = (end.atMs - begin.atMs) * cpus().length;
      return { cpuMs: own, foreign: Math.max(0, end.machine - begin.machine - ours) / elapsed };
    },
  };
}
