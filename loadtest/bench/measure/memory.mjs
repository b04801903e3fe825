/** How much memory processes gain while something happens. */
import { memoryOf } from './proc.mjs';

const EVERY_MS = 250;

/**
 * @param {{ name: string, pid: number }[]} processes
 */
export function watchMemory(processes) {
  const read = () => processes.map(({ pid }) => memoryOf(pid).rssKb);
  let before = read();
  let most = before;
  const looking = setInterval(() => {
    most = read().map((kb, index) => Math.max(kb, most[index] ?? 0));
  }, EVERY_MS);
  return {
    /** What was gained before does not count. */
    begin() {
      before = read();
      most = before;
    },
    /** @returns {Record<string, number>} peak above the beginning by process, MB */
    stop() {
      clearInterval(looking);
      const gained = most.map((kb, index) => (kb - (before[index] ?? 0)) / 1024);
      return Object.fromEntries(processes.map(({ name }, index) => [name, gained[index] ?? 0]));
    },
  };
}
