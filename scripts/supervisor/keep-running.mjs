/** An engine that ends by itself (killed, out of memory) is started again on its data and port. */
import { setTimeout as sleep } from 'node:timers/promises';

import { say } from '../bootstrap/refusal.mjs';

const RETRY_MS = 1_000;

/**
 * @param {import('./engines.mjs').Engines} engines
 * @param {(() => unknown)[]} undo gets a step that ends the watch, to be run before the engines are stopped
 */
export function keepRunning({ postgres, redis }, undo) {
  let wanted = true;
  undo.push(() => (wanted = false));
  /**
   * @param {string} name
   * @param {import('./engines.mjs').Engine} engine
   */
  async function bringBack(name, engine) {
    say(`${name} ended unexpectedly, starting it again ...`);
    while (wanted) {
      try {
        return await engine.restart();
      } catch (error) {
        say(`${name}: ${error instanceof Error ? error.message : error}`);
        await sleep(RETRY_MS);
      }
    }
  }
  postgres?.onCrash(() => void bringBack('Postgres', postgres));
  redis?.onCrash(() => void bringBack('Redis', redis));
}
