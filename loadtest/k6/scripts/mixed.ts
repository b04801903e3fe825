/** A busy hour in small: customers write at a steady rate while agents work and come and go. Settings: RATE, VUS, DURATION. */
import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { customerNumber } from '../../lib/cloud-webhook.ts';
import { postText } from '../lib/customer.ts';
import { CORRECT } from '../lib/measures.ts';
import { at, numberFrom, tenantOf } from '../lib/plan.ts';
import { sit } from '../lib/sitting.ts';

const RATE = numberFrom('RATE', 50);
const duration = __ENV['DURATION'] ?? '1m';

export const options: Options = {
  scenarios: {
    customers: {
      executor: 'constant-arrival-rate',
      exec: 'customers',
      rate: RATE,
      timeUnit: '1s',
      duration,
      preAllocatedVUs: Math.ceil(RATE / 5),
      maxVUs: RATE * 2,
    },
    agents: { executor: 'constant-vus', exec: 'agents', vus: numberFrom('VUS', 20), duration, gracefulStop: '60s' },
  },
  thresholds: {
    ...CORRECT,
    http_req_duration: ['p(99)<1000'],
    hunfly_ack_ms: ['p(95)<500'],
    hunfly_glass_ms: ['p(95)<1000'],
    dropped_iterations: ['count==0'],
  },
};

/** One customer writes one text. */
export async function customers(): Promise<void> {
  const turn = exec.scenario.iterationInTest;
  const id = `wamid.mixed.${String(exec.vu.idInTest)}.${String(Date.now())}.${String(turn)}`;
  const from = customerNumber('mixed', turn % 5000);
  await postText(at(tenantOf(turn).accounts, 0), { id, from, text: `Message ${String(turn)}`, atMs: Date.now() });
}

/** One agent's sitting. Virtual users are numbered over all scenarios, so that no two play one person. */
export async function agents(): Promise<void> {
  await sit(exec.vu.idInTest - 1);
}
