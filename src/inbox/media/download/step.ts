/** One attachment: claim it, download it, record how that ended. */
import type { MediaJob } from '../../../contract/jobs.ts';
import { backoffMs, pause } from '../../../lib/backoff.ts';
import type { Logger } from '../../../platform/log.ts';
import type { Metrics } from '../../../platform/metrics.ts';
import { classifyDatabaseError } from '../../../platform/postgres.ts';
import type { LoggedEvent } from '../../event-log.ts';
import { publishHints, type HintPublisher } from '../../hints.ts';
import { claimAttachment, type FetchAttempt } from './claim.ts';
import { fetchAttachment, type FetchDeps, type Fetched } from './fetch.ts';
import { nextAttemptMs } from './policy.ts';
import { recordDelay, recordFailed, recordStored } from './record.ts';

/** `leaseMs` must be well above `deadlineMs`: after it an attempt that nobody recorded is started again. */
export interface FetchStepDeps extends FetchDeps {
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'mediaFetches' | 'mediaBytes'>;
  readonly hints: HintPublisher;
  readonly leaseMs: number;
}

const RECORD_TRIES = 5;
const RECORD_BACKOFF = { baseMs: 100, capMs: 3000 };

/**
 * Resolves when nothing more can be done now. Rejects for infrastructure errors; then the lease brings the job back.
 */
export function createFetchStep(deps: FetchStepDeps): (job: MediaJob) => Promise<void> {
  return async (job) => {
    const attempt = await claimAttachment(deps.db, job, deps.leaseMs);
    if (attempt === null) return;
    const fetched = await fetchAttachment(deps, attempt);
    const logged = await untilRecorded(() => record(deps, attempt, fetched));
    publishHints(deps.hints, logged ?? []);
    report(deps, attempt, fetched);
  };
}

/** Null if nothing visible changed, or another attempt took over. */
async function record(
  { db }: FetchStepDeps,
  attempt: FetchAttempt,
  fetched: Fetched,
): Promise<readonly LoggedEvent[] | null> {
  if (fetched.kind === 'stored') return await recordStored(db, attempt, fetched.file);
  const delayMs = nextAttemptMs(fetched.failure, attempt.attempt);
  if (delayMs === null) return await recordFailed(db, attempt, fetched.failure.title);
  await recordDelay(db, attempt, delayMs);
  return null;
}

/** Retries, so that a short outage of the database does not cost a download; a longer one does. */
async function untilRecorded<T>(write: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await write();
    } catch (error) {
      const kind = classifyDatabaseError(error);
      if (tries >= RECORD_TRIES || (kind !== 'infrastructure' && kind !== 'retry')) throw error;
      await pause(backoffMs(tries, RECORD_BACKOFF));
    }
  }
}

function report(deps: FetchStepDeps, { mediaId, accountId, attempt, mime }: FetchAttempt, fetched: Fetched): void {
  const provider = fetched.provider ?? 'unknown';
  if (fetched.kind === 'stored') {
    deps.metrics.mediaFetches.inc({ provider, outcome: 'stored' });
    deps.metrics.mediaBytes.inc({ provider }, fetched.file.sizeBytes);
    if (fetched.file.mime !== mime) deps.log.info({ mediaId, accountId }, 'A file is not what it was said to be.');
    return;
  }
  const { code, action } = fetched.failure;
  deps.metrics.mediaFetches.inc({ provider, outcome: code });
  deps.log.info({ mediaId, accountId, code, action, attempt }, 'An attachment could not be fetched.');
}
