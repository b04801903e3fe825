/** CPU time and memory of processes, from /proc. */
import { readFileSync, readdirSync } from 'node:fs';

/** Linux counts in hundredths of a second everywhere that Node runs. */
const TICK_MS = 10;

/**
 * @param {number} pid
 * @returns {{ parent: number, ownMs: number, childrenMs: number } | null} null when it is gone
 */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent = 0] = fields;
    const sum = (/** @type {number} */ at) => ((fields[at] ?? 0) + (fields[at + 1] ?? 0)) * TICK_MS;
    return { parent, ownMs: sum(11), childrenMs: sum(13) };
  } catch {
    return null; // it ended between listing and reading
  }
}

/**
 * @param {number} pid
 * @returns {number} CPU time of the process and of the children it has waited for, ms
 */
export function cpuMs(pid) {
  const stat = statOf(pid);
  return stat ? stat.ownMs + stat.childrenMs : 0;
}

/**
 * @param {number} pid
 * @returns {number} CPU time of the process and of all its children, those that run too, ms: Postgres with its backends
 */
export function familyCpuMs(pid) {
  return cpuMs(pid) + childrenOf(pid).reduce((sum, child) => sum + (statOf(child)?.ownMs ?? 0), 0);
}

/** @param {number} pid */
function childrenOf(pid) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => statOf(one)?.parent === pid);
}

/** @returns {number} CPU time that the whole machine has spent at work, ms */
export function machineCpuMs() {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] =
    readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]?.trim().split(/\s+/).slice(1).map(Number) ?? [];
  return (user + nice + system + irq + softirq) * TICK_MS;
}
/**
 * @param {number} pid
 * @returns {{ rssKb: number, pssKb: number }} PSS counts shared pages once over all who share them; 0 when it is gone
 */
export function memoryOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    const field = (/** @type {string} */ name) => Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(text)?.[1] ?? 0);
    return { rssKb: field('Rss'), pssKb: field('Pss') };
  } catch {
    return { rssKb: 0, pssKb: 0 };
  }
}
