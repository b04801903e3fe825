/** Agents at work: they connect, look, answer what customers write and leave, again and again. Settings: VUS, DURATION, ROUNDS, THINK_S. */
import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { CORRECT } from '../lib/measures.ts';
import { numberFrom } from '../lib/plan.ts';
import { sit } from '../lib/sitting.ts';

export const options: Options = {
  scenarios: {
    agents: {
      executor: 'constant-vus',
      vus: numberFrom('VUS', 20),
      duration: __ENV['DURATION'] ?? '1m',
      gracefulStop: '60s',
    },
  },
  thresholds: { ...CORRECT, hunfly_ack_ms: ['p(95)<500'], hunfly_glass_ms: ['p(95)<1000'] },
};

export default async function day(): Promise<void> {
  await sit(exec.vu.idInTest - 1);
}
