/** What Postgres and Redis have in common while they run: a handle to stop, kill and restart them in place. */

/**
 * @typedef {object} Engine
 * @property {string} url what DATABASE_URL or REDIS_URL should be
 * @property {number} port stays the same over a restart
 * @property {number} pid the engine's main process at present
 * @property {(signal?: NodeJS.Signals) => Promise<void>} stop orderly by default; resolves when the process is gone
 * @property {(signal?: NodeJS.Signals) => void} kill sends a signal (SIGKILL by default) and does not wait
 * @property {() => Promise<void>} restart starts it again on the same data and port, stopping it first if it runs
 * @property {Promise<number>} exited of the present process, for whatever reason
 * @property {(listener: () => void) => void} onCrash called each time it ends without stop() or restart()
 */

/**
 * @param {{ url: string, port: number, stopSignal: NodeJS.Signals,
 *           launch: () => Promise<import('./guard.mjs').Guarded> }} options `launch` resolves when it takes connections
 * @returns {Promise<Engine>}
 */
export async function makeEngine({ url, port, stopSignal, launch }) {
  /** @type {(() => void)[]} */
  const listeners = [];
  let wanted = true;
  let guarded = await watch();

  async function watch() {
    const started = await launch();
    void started.exited.then(() => {
      if (wanted) for (const listener of listeners) listener();
    });
    return started;
  }

  return {
    url,
    port,
    get pid() {
      return guarded.pid;
    },
    get exited() {
      return guarded.exited;
    },
    kill: (signal = 'SIGKILL') => guarded.kill(signal),
    onCrash: (listener) => void listeners.push(listener),
    async stop(signal = stopSignal) {
      wanted = false;
      await guarded.stop(signal);
    },
    async restart() {
      wanted = false;
      await guarded.stop(stopSignal);
      wanted = true;
      guarded = await watch();
    },
  };
}
