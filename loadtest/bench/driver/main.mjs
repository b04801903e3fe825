/**
 * The driver's process: webhooks in at one end, screens at the other, both from outside. Forked by driver.mjs, told
 * over the channel what to do, one order at a time.
 */
import { Ledger } from './ledger.mjs';
import { openScreens } from './screens.mjs';
import { openLoop, windowLoop } from './loops.mjs';
import { Traffic } from './traffic.mjs';
import { WebhookPool } from './webhook-pool.mjs';

/** @typedef {import('./driver.mjs').Plan} Plan */
/** @typedef {import('./driver.mjs').Result} Result */

const DRAIN_MS = 60_000;
const tell = (/** @type {object} */ message) => void process.send?.(message);

process.on('message', (message) => {
  run(/** @type {Plan} */ (message)).then(
    (result) => tell({ type: 'result', result }),
    (/** @type {unknown} */ error) =>
      tell({ type: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.channel?.ref(); // the leash lets go of it, and nothing else keeps us here
tell({ type: 'ready', port: 0 });

/**
 * @param {Plan} plan
 * @returns {Promise<Result>}
 */
async function run(plan) {
  const traffic = new Traffic(plan);
  const ledger = new Ledger(traffic);
  const pool = new WebhookPool({ ports: plan.doors.webhook.ports, size: plan.connections });
  const screens = await openScreens(plan, (wamids, nowMs) => ledger.seen(wamids, nowMs));
  const send = (/** @type {number} */ n, /** @type {number} */ intendedMs) => {
    ledger.intended(n, intendedMs);
    if (n === plan.loseOne) return ledger.answered(n, 200); // the control: counted as accepted, never sent
    pool.send(traffic.request(n), (status) => ledger.answered(n, status));
  };
  traffic.signAhead(plan.signAhead);
  const loop = plan.load.kind === 'open' ? openLoop : windowLoop;
  const { lateMs } = await loop({
    load: plan.load,
    ledger,
    send,
    onMeasure: (phase) => tell({ type: 'measure', phase }),
  });
  const drainedMs = await ledger.settled(DRAIN_MS);
  screens.close();
  pool.close();
  return { ...ledger.result(), lateMs, drainedMs };
}
