/** Asks carriers about numbers: whether they work, what was missed, which templates there are. */
import { ProviderName } from '../../contract/entities.ts';
import type { Logger } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { findAnew, type CallableAccount } from '../accounts/carrier.ts';
import { noteCheck } from '../accounts/state.ts';
import { checkCarrier } from '../accounts/test-account.ts';
import { dueIn, takeDue, type DueAccount, type Duty } from '../accounts/upkeep.ts';
import { publishHints, type HintPublisher } from '../hints.ts';
import { reconcileAccount, type ReconcileDeps } from '../reconcile/reconcile.ts';
import { hastenSilent } from '../reconcile/silence.ts';
import { syncTemplates } from '../templates/sync-templates.ts';
import type { Job } from './jobs.ts';

/** What these jobs need. */
export interface AccountJobDeps extends ReconcileDeps {
  readonly log: Logger;
  readonly hints: HintPublisher;
  readonly metrics: Pick<Metrics, 'accountChecks' | 'reconciledItems'>;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** An Evolution server belongs to the business; Meta allows 200 calls an hour in all. */
const CHECK_EVERY_MS: Readonly<Record<ProviderName, number>> = {
  cloud: 10 * MINUTE_MS,
  evolution: MINUTE_MS,
  twilio: 10 * MINUTE_MS,
};
const HOURLY: Readonly<Record<ProviderName, number>> = { cloud: HOUR_MS, evolution: HOUR_MS, twilio: HOUR_MS };
const LIMIT = 20;
/** Delay before another try, after a failure that does not say when to retry. */
const AGAIN_MS = 2 * MINUTE_MS;

/** Several processes may run these jobs: each number that is due is taken by one of them. */
export function accountJobs(deps: AccountJobDeps): Job[] {
  countFromZero(deps);
  return [
    dutyJob(deps, { name: 'account-checks', duty: 'check', everyMs: CHECK_EVERY_MS, pauseMs: 2000, fulfil: check }),
    dutyJob(deps, { name: 'reconcile', duty: 'reconcile', everyMs: HOURLY, pauseMs: 2000, fulfil: reconcile }),
    dutyJob(deps, { name: 'template-sync', duty: 'sync', everyMs: HOURLY, pauseMs: 10_000, fulfil: sync }),
    { name: 'silence', everyMs: 30_000, run: () => deps.db.run('reconcile.silence', hastenSilent) },
  ];
}

/** The first count after an outage may be the whole of it, and a counter that begins with it shows no increase. */
function countFromZero({ metrics }: Pick<AccountJobDeps, 'metrics'>): void {
  for (const provider of ProviderName.options) {
    for (const result of ['found', 'new']) metrics.reconciledItems.inc({ provider, result }, 0);
  }
}

/** Returns how much was changed, and when to run again if that is not the usual time. */
type Fulfil = (
  deps: AccountJobDeps,
  due: DueAccount,
  account: CallableAccount,
) => Promise<{ readonly changed: number; readonly againInMs: number | null }>;

interface DutyPlan {
  readonly name: string;
  readonly duty: Duty;
  readonly everyMs: Readonly<Record<ProviderName, number>>;
  readonly pauseMs: number;
  readonly fulfil: Fulfil;
}

function dutyJob(deps: AccountJobDeps, { name, duty, everyMs, pauseMs, fulfil }: DutyPlan): Job {
  const work = async (due: DueAccount): Promise<number> => {
    const account = await findAnew(deps, due);
    // A check reports the problem as the number's state. Nothing else can be done with a number that cannot be called.
    if (account === null || (account.problem !== null && duty !== 'check')) return 0;
    const { changed, againInMs } = await fulfil(deps, due, account);
    if (againInMs !== null) await deps.db.run('upkeep.again', (sql) => dueIn(sql, due, duty, againInMs));
    return changed;
  };
  return {
    name,
    everyMs: pauseMs,
    run: async () => {
      const dues = await deps.db.run('upkeep.due', (sql) => takeDue(sql, duty, everyMs, LIMIT));
      const counts = await Promise.all(dues.map((due) => settle(deps, { name, due, duty }, () => work(due))));
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}

/** A failure of one number must not affect the others. */
async function settle(
  { db, log }: AccountJobDeps,
  { name, due, duty }: { readonly name: string; readonly due: DueAccount; readonly duty: Duty },
  work: () => Promise<number>,
): Promise<number> {
  try {
    return await work();
  } catch (error) {
    log.warn(
      { err: error, component: name, accountId: due.accountId },
      'A number could not be looked after; it is tried again.',
    );
    await db.run('upkeep.again', (sql) => dueIn(sql, due, duty, AGAIN_MS));
    return 0;
  }
}

const check: Fulfil = async (deps, due, account) => {
  const found = await checkCarrier(deps, account);
  const result = found.kind === 'silent' ? 'silent' : found.state;
  deps.metrics.accountChecks.inc({ provider: due.provider, result });
  if (found.kind === 'silent') return { changed: 0, againInMs: found.retryAfterMs };
  const logged = await deps.db.transaction('accounts.check', (tx) => noteCheck(tx, due, found, { lift: false }));
  publishHints(deps.hints, logged);
  return { changed: logged.length, againInMs: null };
};

const reconcile: Fulfil = async (deps, due, account) => {
  const ended = await reconcileAccount(deps, due, account);
  if (ended === null) return { changed: 0, againInMs: null };
  if (ended.kind === 'failed') return { changed: 0, againInMs: ended.retryAfterMs ?? AGAIN_MS };
  deps.metrics.reconciledItems.inc({ provider: due.provider, result: 'found' }, ended.found);
  deps.metrics.reconciledItems.inc({ provider: due.provider, result: 'new' }, ended.fresh);
  return { changed: ended.fresh, againInMs: ended.kind === 'more' ? 0 : null };
};

const sync: Fulfil = async (deps, due, account) => {
  const ended = await syncTemplates(deps, due, account);
  return { changed: 0, againInMs: ended?.kind === 'failed' ? ended.retryAfterMs : null };
};
