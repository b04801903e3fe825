/** The inbox's own processes: simulator, consumers, gateway nodes. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';

import { ROOT } from '../bootstrap/paths.mjs';
import { Refusal, say } from '../bootstrap/refusal.mjs';
import { waitFor } from '../bootstrap/wait.mjs';
import { lastWords, startWorker } from './worker.mjs';

const READY_TIMEOUT_MS = 60_000;
const HELPERS_READY_MS = 10_000;
const HOPELESS_AFTER = 4;
/** Demo logins and the simulator's controls must not be reachable from the network. */
const LOOPBACK = '127.0.0.1';
const GRACE_MS = 10_000;

/** @typedef {import('./worker.mjs').Worker} Worker */

/**
 * @typedef {object} Inbox
 * @property {Record<string, string>} env what this adds to the environment of every process
 * @property {() => { name: string, pid: number, port?: number }[]} processes those that run now
 * @property {() => Promise<void>} ready when every gateway node takes connections; a Refusal when one cannot start
 * @property {() => Promise<void>} stop gateways first, so that nothing is accepted that nobody would work on
 */

/**
 * @param {{ flags: import('./flags.mjs').Flags, env: Record<string, string>, entries: string[], ports: number[],
 *           gateways: Worker[], onChange: () => void }} options `gateways` is filled with the nodes
 * @returns {Inbox}
 */
export function startInbox({ flags, env, entries, ports, gateways, onChange }) {
  const nodePorts = ports.slice(0, flags.nodes);
  const simulatorPort = ports[flags.nodes] ?? 0;
  const withSimulator = flags.simulator && entries.includes('src/simulator.ts');
  /** @type {Record<string, string>} */
  const added = withSimulator ? { SIMULATOR_URL: localUrl(simulatorPort) } : {};
  /** @type {Map<string, number>} */
  const portOf = new Map();
  let announced = false;

  /**
   * @param {string} name
   * @param {string} file
   * @param {Record<string, string>} own
   */
  function run(name, file, own = {}) {
    if (own['PORT']) portOf.set(name, Number(own['PORT']));
    return startWorker({
      name,
      file,
      env: { ...env, ...added, ...own, NODE_NAME: name },
      logDir: join(flags.data, 'logs'),
      onChange: (event) => {
        if (event === 'exit' && announced) say(`${name} ended unexpectedly, starting it again ...`);
        if (announced) onChange();
      },
    });
  }

  const simulators = withSimulator ? [run('simulator', 'simulator.js', { PORT: String(simulatorPort) })] : [];
  const names = consumerNames(entries);
  const metricsPorts = ports.slice(flags.nodes + 1, flags.nodes + 1 + names.length);
  const consumers = names.map((name, index) =>
    run(name, `consumers/${name}.js`, { METRICS_PORT: String(metricsPorts[index]), LISTEN_HOST: LOOPBACK }),
  );
  for (const [index, port] of nodePorts.entries()) {
    // Every node shows the metrics of all.
    const peers = [...nodePorts.filter((other) => other !== port), ...metricsPorts].map(localUrl).join();
    const own = { PORT: String(port), LISTEN_HOST: LOOPBACK, METRICS_PEERS: peers };
    gateways.push(run(`gateway-${index + 1}`, 'server.js', own));
  }
  const helpers = [...consumers, ...simulators];

  return {
    env: added,
    processes: () => [...gateways, ...helpers].flatMap((worker) => describe(worker, portOf.get(worker.name))),
    async ready() {
      await allReady(gateways, helpers);
      announced = true;
    },
    async stop() {
      announced = false;
      await Promise.all(gateways.map((worker) => worker.stop(GRACE_MS)));
      await Promise.all(helpers.map((worker) => worker.stop(GRACE_MS)));
    },
  };
}

/** @param {number} port */
function localUrl(port) {
  return `http://127.0.0.1:${port}`;
}

/**
 * @param {string[]} entries
 * @returns {string[]} the workers this checkout has
 */
export function consumerNames(entries) {
  const files = entries.filter((file) => file.startsWith('consumers/') && existsSync(join(ROOT, file)));
  return files.map((file) => basename(file, '.ts'));
}

/**
 * @param {Worker} worker
 * @param {number | undefined} port
 */
function describe({ name, pid, state }, port) {
  return pid === undefined || state === 'down' ? [] : [{ name, pid, ...(port !== undefined && { port }) }];
}

/**
 * @param {Worker[]} gateways
 * @param {Worker[]} helpers
 */
async function allReady(gateways, helpers) {
  say('starting the inbox ...');
  const ready = (/** @type {Worker[]} */ workers) => () => {
    const hopeless = [...gateways, ...helpers].find((worker) => worker.failures >= HOPELESS_AFTER);
    if (hopeless) throw new Refusal(`${hopeless.name} does not start. Its last words:\n${lastWords(hopeless)}`);
    return workers.every((worker) => worker.state === 'ready');
  };
  await waitFor(ready(gateways), { timeoutMs: READY_TIMEOUT_MS, what: 'the gateway nodes are ready' });
  await waitFor(ready(helpers), { timeoutMs: HELPERS_READY_MS, what: 'the consumers are ready' }).catch(
    (/** @type {unknown} */ error) => {
      if (error instanceof Refusal) throw error;
      const late = helpers.filter((worker) => worker.state !== 'ready').map((worker) => worker.name);
      say(`not ready yet: ${late.join(', ')}`);
    },
  );
}
