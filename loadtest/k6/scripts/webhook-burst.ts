/** Every business is written to at once, and every message must reach an agent. Settings: VUS, MESSAGES, WIDTH. */
import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { customerNumber } from '../../lib/cloud-webhook.ts';
import { connect, leave } from '../lib/agent.ts';
import { Expected, postText } from '../lib/customer.ts';
import { CORRECT } from '../lib/measures.ts';
import { agentOf, at, numberFrom, tenantCount, tenantOf } from '../lib/plan.ts';

const MESSAGES = numberFrom('MESSAGES', 200);
const WIDTH = numberFrom('WIDTH', 10);
const SETTLE_MS = 60_000;

export const options: Options = {
  scenarios: {
    burst: {
      executor: 'per-vu-iterations',
      vus: numberFrom('VUS', Math.min(20, tenantCount())),
      iterations: 1,
      maxDuration: '5m',
    },
  },
  thresholds: { ...CORRECT, http_req_duration: ['p(99)<2000'], hunfly_glass_ms: ['p(95)<5000'] },
};

export default async function burst(): Promise<void> {
  const index = exec.vu.idInTest - 1;
  const account = at(tenantOf(index).accounts, 0);
  const tag = `wamid.burst.${String(index)}.${String(Date.now())}`;
  const expected = new Expected();
  const socket = await connect(agentOf(index), (event) => {
    expected.take(event);
  });
  if (socket === null) return;
  let next = 0;
  const writeOn = async (): Promise<void> => {
    while (next < MESSAGES) {
      const number = next;
      next += 1;
      const id = `${tag}.${String(number)}`;
      expected.add(id);
      const from = customerNumber('burst', index * 1000 + (number % 50));
      if (!(await postText(account, { id, from, text: `Message ${String(number)}`, atMs: Date.now() })))
        expected.drop(id);
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, writeOn));
  await expected.settle(SETTLE_MS);
  leave(socket);
}
