/** A process of the driver: forked afresh, so that no run inherits another's heap; given one order at a time. */
import { fork } from 'node:child_process';
import { once } from 'node:events';

const LEASH = new URL('../../../scripts/supervisor/leash.mjs', import.meta.url).href;

/**
 * @typedef {object} Helper
 * @property {number} pid
 * @property {(order: object, onNote?: (note: string) => void) => Promise<any>} ask notes may come before the answer
 * @property {() => Promise<void>} stop
 */

/**
 * @param {string} file one that calls `serveOrders`
 * @returns {Promise<Helper>}
 */
export async function startHelper(file) {
  const child = fork(file, [], {
    execArgv: ['--import', LEASH, '--max-semi-space-size=64'],
    serialization: 'advanced',
  });
  await once(child, 'message');
  let last = 0;
  return {
    pid: child.pid ?? 0,
    ask(order, onNote = () => {}) {
      const id = (last += 1);
      return new Promise((done, fail) => {
        const ended = (/** @type {number | null} */ code) => fail(new Error(`a driver process ended (${code})`));
        child.once('exit', ended);
        child.on('message', function listen(/** @type {any} */ message) {
          if (message.id !== id) return;
          if (message.note) return onNote(message.note);
          child.off('message', listen).off('exit', ended);
          if (message.failed) fail(new Error(`a driver process failed: ${message.failed}`));
          else done(message.answer);
        });
        child.send({ id, order });
      });
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/**
 * The other end, in the process itself.
 *
 * @param {(order: any, note: (text: string) => void) => Promise<unknown>} handle
 */
export function serveOrders(handle) {
  const tell = (/** @type {object} */ message) => void process.send?.(message);
  process.on('message', (/** @type {any} */ { id, order }) => {
    handle(order, (note) => tell({ id, note })).then(
      (answer) => tell({ id, answer }),
      (/** @type {unknown} */ error) => tell({ id, failed: error instanceof Error ? error.stack : String(error) }),
    );
  });
  process.channel?.ref(); // the leash lets go of it, and nothing else keeps us here
  tell({ ready: true });
}
