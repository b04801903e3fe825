/**
 * Everybody's connection ends at the same instant, customers write meanwhile, and everybody comes back at once with a
 * cursor: each must be offered exactly what was missed. Settings: VUS, MISSED, JITTER_MS.
 */
import exec from 'k6/execution';
import type { Options } from 'k6/options';
import type { Event } from '../../../src/contract/events.ts';
import { customerNumber } from '../../lib/cloud-webhook.ts';
import { connect, leave } from '../lib/agent.ts';
import { Expected, postText } from '../lib/customer.ts';
import { CORRECT } from '../lib/measures.ts';
import { agentOf, at, numberFrom, tenantCount, tenantOf } from '../lib/plan.ts';
import { pause } from '../lib/wait.ts';

const MISSED = numberFrom('MISSED', 5);
const JITTER_MS = numberFrom('JITTER_MS', 1000);
/** From the start: when everybody has connected, and when everybody comes back. */
const CUT_MS = numberFrom('CUT_MS', 8000);
const BACK_MS = numberFrom('BACK_MS', 11_000);
const SETTLE_MS = 15_000;

export const options: Options = {
  scenarios: {
    storm: { executor: 'per-vu-iterations', vus: numberFrom('VUS', 50), iterations: 1, maxDuration: '3m' },
  },
  thresholds: { ...CORRECT, hunfly_ready_ms: ['p(99)<15000'] },
};

/** What every virtual user is told: when the run began. */
export function setup(): { readonly startedMs: number } {
  return { startedMs: Date.now() };
}

export default async function storm({ startedMs }: { readonly startedMs: number }): Promise<void> {
  const index = exec.vu.idInTest - 1;
  const expected = new Expected();
  const onEvent = (event: Event): void => {
    expected.take(event);
  };
  const before = await connect(agentOf(index), onEvent);
  if (before === null) return;
  await pause(startedMs + CUT_MS - Date.now());
  const cursor = before.cursor ?? undefined;
  leave(before);
  const ids = Array.from({ length: MISSED }, (_, number) => idOf(startedMs, index % tenantCount(), number));
  for (const id of ids) expected.add(id);
  // One of each business writes for all of them.
  if (index < tenantCount()) await writeMeanwhile(index, ids);
  await pause(startedMs + BACK_MS + Math.random() * JITTER_MS - Date.now());
  const after = await connect(agentOf(index), onEvent, cursor);
  await expected.settle(SETTLE_MS);
  if (after !== null) leave(after);
}

function idOf(startedMs: number, tenant: number, number: number): string {
  return `wamid.storm.${String(startedMs)}.${String(tenant)}.${String(number)}`;
}

async function writeMeanwhile(index: number, ids: readonly string[]): Promise<void> {
  const account = at(tenantOf(index).accounts, 0);
  for (const [number, id] of ids.entries()) {
    await postText(account, {
      id,
      from: customerNumber('storm', number),
      text: `While you were away: ${id}`,
      atMs: Date.now(),
    });
  }
}
