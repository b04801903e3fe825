/**
 * Asks a carrier for what its webhooks should have delivered. What is found takes the way of every webhook: onto the
 * stream, as a body in the carrier's format that is marked as ours. Unique keys make repeats harmless.
 */
import { uuid7 } from '../../lib/uuid7.ts';
import { shardOf } from '../../lib/hash.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../platform/postgres.ts';
import { streamKey, type StreamProducer } from '../../platform/stream.ts';
import type { Missed, MissedPage } from '../../providers/managing.ts';
import type { CallableAccount, CarrierDeps } from '../accounts/carrier.ts';
import { GLOBAL_AUTH } from '../accounts/known-accounts.ts';
import type { DueAccount, ReconcileRest } from '../accounts/upkeep.ts';
import type { ResolveChannel } from '../ingest/part.ts';
import { encodeEntry, INGEST_STREAM } from '../ingest/entry.ts';
import { noteReconciled, noteRest, selectNews } from './queries.ts';

/** `db` is connected as the owner. */
export interface ReconcileDeps extends CarrierDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly producer: Pick<StreamProducer, 'append'>;
  readonly shards: number;
  readonly resolve: ResolveChannel;
}

/** `found`: items the carrier returned. `fresh`: those not known here. `more`: continues later where it stopped. */
export type Reconciled =
  | { readonly kind: 'done' | 'more'; readonly found: number; readonly fresh: number }
  | { readonly kind: 'failed'; readonly retryAfterMs: number | null };

/** Overlap with the last run, because messages overtake each other and clocks differ. */
const OVERLAP_MS = 10 * 60_000;
/** How far back to go the first time, and after an outage. */
const FIRST_MS = 24 * 3_600_000;
const LONGEST_MS = 7 * 24 * 3_600_000;
/** Pages of one run, 100 messages each, so that one number does not hold up the others. */
const MAX_PAGES = 50;
const APPEND_DEADLINE_MS = 2000;

/** Null if the carrier keeps nothing, or if the number's webhooks would go to another account. */
export async function reconcileAccount(
  deps: ReconcileDeps,
  due: DueAccount,
  account: CallableAccount,
): Promise<Reconciled | null> {
  const { provider, credentials } = account;
  const auth = due.fingerprint ?? GLOBAL_AUTH;
  const owner = deps.resolve(due.provider, due.externalId, auth, credentials.accountSid ?? undefined);
  const listMissed = provider.listMissed?.bind(provider);
  if (listMissed === undefined || owner?.accountId !== due.accountId) return null;
  const from = due.rest ?? beginning(deps, due);
  const list = (page: string | null): Promise<MissedPage> =>
    listMissed(deps.http, credentials, { sinceMs: from.sinceMs, page });
  return await readPages(deps, due, { list, auth, from });
}

function beginning({ clock }: ReconcileDeps, { reconciledMs }: DueAccount): ReconcileRest {
  const startedMs = clock.nowMs();
  const sinceMs = reconciledMs === null ? startedMs - FIRST_MS : reconciledMs - OVERLAP_MS;
  return { page: null, sinceMs: Math.max(startedMs - LONGEST_MS, sinceMs), startedMs };
}

interface Asked {
  readonly list: (page: string | null) => Promise<MissedPage>;
  readonly auth: string;
  readonly from: ReconcileRest;
}

/** Records its place, so that what was read is not read again, however the run ends. */
async function readPages(deps: ReconcileDeps, due: DueAccount, { list, auth, from }: Asked): Promise<Reconciled> {
  const sum = { found: 0, fresh: 0 };
  let { page } = from;
  for (let count = 0; count < MAX_PAGES; count += 1) {
    const answer = await list(page);
    if (answer.kind !== 'page') {
      // The carrier does not know the place any more: start from the beginning.
      await writeRest(deps, due, count === 0 && answer.kind === 'refused' ? null : { ...from, page });
      return { kind: 'failed', retryAfterMs: answer.kind === 'silent' ? answer.retryAfterMs : null };
    }
    sum.found += answer.items.length;
    sum.fresh += await takeIn(deps, due, { auth, items: answer.items });
    page = answer.next;
    if (page === null) {
      await deps.db.run('reconcile.note', (sql) => noteReconciled(sql, due, from.startedMs));
      return { kind: 'done', ...sum };
    }
  }
  await writeRest(deps, due, { ...from, page });
  return { kind: 'more', ...sum };
}

async function writeRest({ db }: ReconcileDeps, due: DueAccount, rest: ReconcileRest | null): Promise<void> {
  await db.run('reconcile.rest', (sql) => noteRest(sql, due, rest));
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
