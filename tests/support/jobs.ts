/** Helpers shared by the tests of housekeeping. */
import type { OutboundJob } from '../../src/contract/jobs.ts';
import type { Job } from '../../src/inbox/housekeeping/jobs.ts';

/** Runs one job of a list once. */
export async function runOnce(jobs: readonly Job[], name: string): Promise<number> {
  const job = jobs.find((one) => one.name === name);
  if (job === undefined) throw new Error(`there is no job ${name}`);
  return await job.run();
}

/** A queue that records what is appended. */
export function recordingQueue(): { readonly jobs: OutboundJob[]; append(job: OutboundJob): Promise<void> } {
  const jobs: OutboundJob[] = [];
  return {
    jobs,
    append: (job) => {
      jobs.push(job);
      return Promise.resolve();
    },
  };
}
