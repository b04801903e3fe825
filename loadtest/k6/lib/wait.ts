/** Waiting inside a virtual user. */
import { setTimeout } from 'k6/timers';

const LOOK_EVERY_MS = 20;

/** Resolves after `ms`. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(() => {
      resolve();
    }, ms);
  });
}

/** True as soon as `condition` holds, false when it does not within `deadlineMs`. */
export async function until(condition: () => boolean, deadlineMs: number): Promise<boolean> {
  const endMs = Date.now() + deadlineMs;
  while (!condition()) {
    if (Date.now() >= endMs) return false;
    await pause(LOOK_EVERY_MS);
  }
  return true;
}
