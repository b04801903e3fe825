/** Hands one claimed message to its carrier: first everything that can fail harmlessly, then one call. */
import type { Logger } from '../../../platform/log.ts';
import type { Metrics } from '../../../platform/metrics.ts';
import type { Database } from '../../../platform/postgres.ts';
import type { HttpPost, OutboundFile, SendContent, SendFailure, SendOutcome } from '../../../providers/sending.ts';
import type { SendingAccount } from './accounts.ts';
import { renewLease } from './claim.ts';
import { withFile, type OpenFile } from './files.ts';
import type { Attempt } from './types.ts';

/** What an attempt depends on. `leaseMs`: after it the sweeper marks an unrecorded attempt as unknown. */
export interface AttemptDeps {
  readonly db: Database;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'providerRequests' | 'providerRequestDuration' | 'providerErrors'>;
  readonly post: HttpPost;
  readonly openFile: OpenFile;
  readonly leaseMs: number;
}

/** An attempt of this process; `askedMs` is when it was requested, by performance.now(). */
export interface Claimed {
  readonly account: SendingAccount;
  readonly attempt: Attempt;
  readonly askedMs: number;
}

/** Calls the carrier at most once. Never rejects: whatever is thrown after the call began is an unknown outcome. */
export async function attemptSend(deps: AttemptDeps, claimed: Claimed): Promise<SendOutcome> {
  const { account, attempt } = claimed;
  const { content } = attempt;
  if (content === null) return refusal('unsendable', attempt.unsendable ?? 'It cannot be sent.', 'final');
  if (account.problem !== null) return refusal('account', account.problem, 'account');
  const ready = await prepare(deps, claimed, content);
  if (ready.kind === 'refused') return ready;
  // If this process was frozen meanwhile, the sweeper may have given the attempt up and a second one may have begun.
  if (performance.now() - ready.leasedMs > deps.leaseMs / 2) return LATE;
  return await call(deps, claimed, ready);
}

/** `leasedMs`: when the lease was last known to be ours. */
interface Ready {
  readonly kind: 'ready';
  readonly content: SendContent;
  readonly uploadedId: string | null;
  readonly leasedMs: number;
}
type Refused = Extract<SendOutcome, { readonly kind: 'refused' }>;

async function prepare(
  deps: AttemptDeps,
  claimed: Claimed,
  stored: NonNullable<Attempt['content']>,
): Promise<Ready | Refused> {
  try {
    const { tenantId } = claimed.attempt;
    const content = await withFile(stored, (file) => deps.openFile(tenantId, file));
    if (content === null) return refusal('file_gone', 'The file of this message is not here any more.', 'final');
    const file = 'file' in content ? content.file : null;
    if (file === null) return { kind: 'ready', content, uploadedId: null, leasedMs: claimed.askedMs };
    return await handOver(deps, claimed, { content, file });
  } catch (error) {
    deps.log.warn({ err: error, messageId: claimed.attempt.id }, 'The file of a message could not be prepared.');
    return refusal('file_unavailable', 'The file could not be read.', 'retry');
  }
}

/** Handing the file over takes time, so the lease starts again afterwards, if the attempt is still ours. */
async function handOver(
  deps: AttemptDeps,
  { account, attempt }: Claimed,
  { content, file }: { readonly content: SendContent; readonly file: OutboundFile },
): Promise<Ready | Refused> {
  const { provider, credentials } = account;
  let uploadedId: string | null = null;
  if (provider.upload !== undefined) {
    const outcome = await provider.upload(deps.post, credentials, file);
    if (outcome.kind === 'refused') return countRefused(deps, provider.name, outcome);
    uploadedId = outcome.uploadedId;
  }
  const leasedMs = performance.now();
  if (!(await renewLease(deps.db, attempt))) return LATE;
  return { kind: 'ready', content, uploadedId, leasedMs };
}

async function call(deps: AttemptDeps, { account, attempt }: Claimed, ready: Ready): Promise<SendOutcome> {
  const { provider, credentials } = account;
  const { id: messageId, to, quoteId } = attempt;
  const { content, uploadedId } = ready;
  const startedMs = performance.now();
  let outcome: SendOutcome;
  try {
    outcome = await provider.send(deps.post, credentials, { messageId, to, content, quoteId, uploadedId });
  } catch (error) {
    deps.log.error({ err: error, messageId, provider: provider.name }, 'Sending failed unexpectedly.');
    outcome = { kind: 'unknown', reason: 'unexpected error' };
  }
  measure(deps, provider.name, outcome, startedMs);
  return outcome;
}

function refusal(code: string, title: string, action: SendFailure['action']): Refused {
  return { kind: 'refused', failure: { code, title, action, retryAfterMs: null } };
}

const LATE = refusal('late', 'It was not sent in time.', 'retry');

function measure(deps: AttemptDeps, provider: string, outcome: SendOutcome, startedMs: number): void {
  deps.metrics.providerRequests.inc({ provider, outcome: outcome.kind });
  deps.metrics.providerRequestDuration.observe({ provider }, (performance.now() - startedMs) / 1000);
  if (outcome.kind === 'refused') countRefused(deps, provider, outcome);
  if (outcome.kind === 'unknown') deps.metrics.providerErrors.inc({ provider, code: 'unknown' });
}

function countRefused(deps: AttemptDeps, provider: string, outcome: Refused): Refused {
  deps.metrics.providerErrors.inc({ provider, code: outcome.failure.code });
  return outcome;
}
