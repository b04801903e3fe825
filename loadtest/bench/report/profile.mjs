/** What the CPU profiles of a run say in short: where each process spent its own time. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const SHOWN = 12;
/** Not work: waiting for something to do. */
const IDLE = new Set(['(idle)', '(root)']);

/**
 * @typedef {{ id: number, callFrame: { functionName: string, url: string, lineNumber: number } }} Node
 */

/**
 * @param {string} dir
 * @returns {string} per profile the functions with the most time of their own, in % of the time at work
 */
export function summarise(dir) {
  const files = readdirSync(dir).filter((name) => name.endsWith('.cpuprofile'));
  return files.map((name) => `\n${name}\n${topOf(JSON.parse(readFileSync(join(dir, name), 'utf8')))}`).join('');
}

/** @param {{ nodes: Node[], samples: number[], timeDeltas: number[] }} profile */
function topOf({ nodes, samples, timeDeltas }) {
  const named = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  /** @type {Map<string, number>} */
  const own = new Map();
  for (const [index, id] of samples.entries()) {
    const name = named.get(id) ?? '';
    if (!IDLE.has(name)) own.set(name, (own.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  }
  const total = [...own.values()].reduce((sum, us) => sum + us, 0);
  return [...own]
    .sort(([, a], [, b]) => b - a)
    .slice(0, SHOWN)
    .map(([name, us]) => `  ${((us * 100) / total).toFixed(1).padStart(5)} %  ${name}\n`)
    .join('');
}

/** @param {Node['callFrame']} frame */
function nameOf({ functionName, url, lineNumber }) {
  const file = url.split('/').slice(-2).join('/');
  return file === '' ? functionName : `${functionName || '(anonymous)'}  ${file}:${lineNumber + 1}`;
}
