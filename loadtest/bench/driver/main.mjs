/** The driver's process: webhooks or commands in at one end, screens at the other, both from outside. */
import { serveOrders } from './helper.mjs';
import { Ledger } from './ledger.mjs';
import { LOOPS } from './loops.mjs';
import { openScreens } from './screens.mjs';
import { Traffic } from './traffic.mjs';
import { WebhookPool } from './webhook-pool.mjs';

const DRAIN_MS = 120_000;
/** Which webhook the control loses. */
const LOST = 10;

serveOrders(run);

/**
 * @param {import('./driver.mjs').Plan} plan
 * @param {(phase: string) => void} onMeasure
 * @returns {Promise<import('./driver.mjs').Result>}
 */
async function run(plan, onMeasure) {
  const traffic = new Traffic(plan);
  const ledger = new Ledger(traffic);
  const pool = new WebhookPool({ ports: plan.doors.webhook.ports, size: plan.connections });
  const screens = await openScreens(plan, (messages, nowMs) => ledger.seen(messages, nowMs));
  const send = (/** @type {number} */ n, /** @type {number} */ intendedMs) => {
    ledger.intended(n, intendedMs);
    if (plan.loseOne && n === LOST) return ledger.answered(n, 200);
    pool.send(traffic.request(n), (status) => ledger.answered(n, status));
  };
  traffic.signAhead(plan.signAhead);
  const { lateMs } = await LOOPS[plan.load.kind]({ load: plan.load, ledger, send, onMeasure });
  const drainedMs = await ledger.settled(DRAIN_MS);
  screens.close();
  pool.close();
  return { ...ledger.result(), lateMs, drainedMs };
}
