/**
 * Asks a carrier for what its webhooks should have told. What is found goes the way of every webhook: onto the stream,
 * as a body in the carrier's own words that says it is of our making, and unique keys make repeats harmless.
 */
import { uuid7 } from '../../lib/uuid7.ts';
import { shardOf } from '../../lib/hash.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../platform/log.ts';
import type { Database } from '../../platform/postgres.ts';
import { streamKey, type StreamProducer } from '../../platform/stream.ts';
import type { Missed, MissedPage } from '../../providers/managing.ts';
import type { CallableAccount, CarrierDeps } from '../accounts/carrier.ts';
import type { DueAccount } from '../accounts/upkeep.ts';
import type { ResolveChannel } from '../ingest/part.ts';
import { encodeEntry, INGEST_STREAM } from '../ingest/entry.ts';
import { noteReconciled, selectNews } from './queries.ts';

/** `db` of the owner kind. */
export interface ReconcileDeps extends CarrierDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly producer: Pick<StreamProducer, 'append'>;
  readonly shards: number;
  readonly resolve: ResolveChannel;
}

/** How it ended: `found` is what the carrier told, `fresh` what was not here. */
export type Reconciled =
  | { readonly kind: 'done'; readonly found: number; readonly fresh: number }
  | { readonly kind: 'failed'; readonly retryAfterMs: number | null };

/** Messages overtake each other, and clocks differ. */
const OVERLAP_MS = 10 * 60_000;
/** How far back the first time, and after a long outage. */
const LONGEST_MS = 24 * 3_600_000;
/** 100 messages each. */
const MAX_PAGES = 50;
const APPEND_DEADLINE_MS = 2000;
/** What travels as `auth` where the installation's secret counts. */
const GLOBAL_AUTH = 'global';

/** Null where the carrier keeps nothing, or the number's webhooks would go to another account. */
export async function reconcileAccount(
  deps: ReconcileDeps,
  due: DueAccount,
  account: CallableAccount,
): Promise<Reconciled | null> {
  const auth = due.fingerprint ?? GLOBAL_AUTH;
  const owner = deps.resolve(due.provider, due.externalId, auth, account.credentials.accountSid ?? undefined);
  if (account.provider.listMissed === undefined || owner?.accountId !== due.accountId) return null;
  const startedMs = deps.clock.nowMs();
  const sinceMs = Math.max(startedMs - LONGEST_MS, (due.reconciledMs ?? 0) - OVERLAP_MS);
  const ended = await readPages(deps, due, { account, auth, sinceMs });
  if (ended.kind === 'done') await deps.db.run('reconcile.note', (sql) => noteReconciled(sql, due, startedMs));
  return ended;
}

interface Asked {
  readonly account: CallableAccount;
  readonly auth: string;
  readonly sinceMs: number;
}

async function readPages(deps: ReconcileDeps, due: DueAccount, { account, auth, sinceMs }: Asked): Promise<Reconciled> {
  const { provider, credentials } = account;
  const sum = { found: 0, fresh: 0 };
  let page: string | null = null;
  for (let count = 0; count < MAX_PAGES; count += 1) {
    const answer: MissedPage | undefined = await provider.listMissed?.(deps.http, credentials, { sinceMs, page });
    if (answer?.kind !== 'page')
      return { kind: 'failed', retryAfterMs: answer?.kind === 'silent' ? answer.retryAfterMs : null };
    sum.found += answer.items.length;
    sum.fresh += await takeIn(deps, due, { auth, items: answer.items });
    page = answer.next;
    if (page === null) return { kind: 'done', ...sum };
  }
  const { accountId } = due;
  deps.log.warn(
    { accountId, count: sum.found },
    'More was missed than one reconciliation reads; the oldest is left out.',
  );
  return { kind: 'done', ...sum };
}

async function takeIn(
  deps: ReconcileDeps,
  due: DueAccount,
  { auth, items }: { readonly auth: string; readonly items: readonly Missed[] },
): Promise<number> {
  if (items.length === 0) return 0;
  const news = await deps.db.run('reconcile.news', (sql) => selectNews(sql, due, items));
  const key = streamKey(INGEST_STREAM, shardOf(`${due.provider}${due.externalId}`, deps.shards));
  const common = { provider: due.provider, auth, receivedAtMs: deps.clock.nowMs(), bodyKey: null };
  // Oldest first, so that a thread grows in the order in which it was written.
  await Promise.all(
    [...news].reverse().map(({ body }) => {
      const fields = encodeEntry({ ...common, body, correlationId: `reconcile-${uuid7()}` });
      return deps.producer.append(key, fields, APPEND_DEADLINE_MS);
    }),
  );
  return news.length;
}
