/** The bench's handle on the driver's process. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('main.mjs', import.meta.url));
const LEASH = new URL('../../../scripts/supervisor/leash.mjs', import.meta.url).href;

/**
 * @typedef {object} Plan
 * @property {string} run part of every message's id, unique per run
 * @property {import('../systems/system.mjs').Doors} doors
 * @property {string} secret
 * @property {string[]} channels
 * @property {string[]} tokens
 * @property {number} contacts per channel
 * @property {number} connections for webhooks
 * @property {number} signAhead webhooks signed before the start
 * @property {import('./loops.mjs').Load} load
 * @property {number | null} loseOne the control: this one is called accepted and never sent
 */

/**
 * @typedef {object} Result
 * @property {number[]} latencies intended → screen, ms, of the measured messages
 * @property {number} seenInside messages seen while measuring
 * @property {number} measuredMs
 * @property {number} sent
 * @property {number} refused answered otherwise than with 200
 * @property {number} unseen accepted and never on a screen
 * @property {number} copies seen twice
 * @property {number} strangers seen and never sent
 * @property {[string, string[]][]} accepted `channel contact` → accepted wamids in order
 * @property {number[]} lateMs how late the driver itself was, per message, open loop only
 * @property {number} drainedMs from the last sending until everything was seen
 */

/**
 * @typedef {object} Driver
 * @property {number} pid
 * @property {(plan: Plan, onMeasure: (phase: 'begin' | 'end') => void) => Promise<Result>} run
 * @property {() => Promise<void>} stop
 */

/**
 * A fresh process, so that no run inherits another's heap.
 *
 * @returns {Promise<Driver>}
 */
export async function startDriver() {
  const child = fork(MAIN, [], {
    execArgv: ['--import', LEASH, '--max-semi-space-size=64'],
    serialization: 'advanced',
  });
  await once(child, 'message');
  return {
    pid: child.pid ?? 0,
    run(plan, onMeasure) {
      return new Promise((done, fail) => {
        child.on('message', (/** @type {any} */ message) => {
          if (message.type === 'measure') onMeasure(message.phase);
          if (message.type === 'result') done(message.result);
          if (message.type === 'failed') fail(new Error(`the driver failed: ${message.reason}`));
        });
        child.once('exit', (code) => fail(new Error(`the driver ended (${code})`)));
        child.send(plan);
      });
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
