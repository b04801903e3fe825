import { expect, it } from 'vitest';
import { accountJobs, type AccountJobDeps } from '../../../src/inbox/housekeeping/account-jobs.ts';
import { runJobs } from '../../../src/inbox/housekeeping/jobs.ts';
import { metrics } from '../../../src/platform/metrics.ts';
import { silentLog } from '../../support/log.ts';
import { waitFor } from '../../support/wait.ts';

async function failing(): Promise<Record<string, number>> {
  const { values } = await metrics.housekeepingFailing.get();
  return Object.fromEntries(values.map(({ labels, value }) => [String(labels.component), value]));
}

/** Until the gauge of `broken` has this value. */
async function runUntil(value: 0 | 1): Promise<void> {
  const stop = new AbortController();
  const run = (): Promise<number> => (value === 1 ? Promise.reject(new Error('broken')) : Promise.resolve(0));
  const jobs = [
    { name: 'broken', everyMs: 1, run },
    { name: 'well', everyMs: 1, run: () => Promise.resolve(0) },
  ];
  const running = runJobs(jobs, { log: silentLog, metrics, signal: stop.signal });
  await waitFor(async () => (await failing())['broken'] === value, { what: `failing: ${String(value)}` });
  stop.abort();
  await running;
}

it('a job is counted as failing from a failed round to the next good one, apart from the others', async () => {
  await runUntil(0);
  await runUntil(1);
  expect(await failing()).toMatchObject({ broken: 1, well: 0 });
  await runUntil(0);
});

it('what carriers are asked for is counted from 0 on, so that the first find of a process shows as an increase', async () => {
  metrics.reconciledItems.reset();
  // Making the jobs uses nothing but the metrics.
  accountJobs({ metrics } as unknown as AccountJobDeps);
  const { values } = await metrics.reconciledItems.get();
  const found = values.map(({ labels, value }) => [labels.provider, labels.result, value]);
  expect(found).toEqual(
    expect.arrayContaining([
      ['evolution', 'new', 0],
      ['twilio', 'new', 0],
    ]),
  );
});
