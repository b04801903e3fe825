/** The no-loss report: what was accepted, recomputed from the raw bytes, compared with the database. */
import type { Database } from '../../platform/postgres.ts';
import type { InboundEvent } from '../../providers/inbound.ts';
import { NIL_TENANT, type AccountRef, type Part, type ResolveChannel } from '../ingest/part.ts';
import { asUuid } from '../ingest/times.ts';
import type { IsErased } from '../ingest/erased.ts';
import { noticeOf } from '../ingest/notices.ts';
import { readJournal, type JournalPart, type JournalRange, type ParseBody } from '../ingest/journal.ts';
import type { Difference } from './difference.ts';
import {
  countUnreadable,
  findLogGaps,
  findMissing,
  findStaleThreads,
  findWaiting,
  hasLetter,
  type Expected,
} from './queries.ts';

/** `accepted` = `applied` + `deadLettered` unless `differences` lists something. Counts are items, not bodies. */
export interface Report {
  readonly webhooks: number;
  readonly accepted: number;
  readonly applied: number;
  readonly deadLettered: number;
  /** Accepted and on their way. The caller counts unacknowledged stream entries; spilled ones are counted here. */
  readonly spilled: number;
  readonly differences: readonly Difference[];
}

/** What the report reads: `db` of the owner kind, accounts, and the parsers that ingest uses. */
export interface VerifyDeps {
  readonly db: Database;
  readonly resolve: ResolveChannel;
  readonly isErased: IsErased;
  readonly parse: ParseBody;
}

/** A report lists at most this many differences; one is already too many. */
const MAX_DIFFERENCES = 1000;

/**
 * Reads the journal of the range once and checks every item; then recounts threads and checks the log. Changes nothing.
 */
export async function verify(deps: VerifyDeps, range: JournalRange): Promise<Report> {
  const totals = { webhooks: 0, accepted: 0, applied: 0, deadLettered: 0 };
  const differences: Difference[] = [];
  for await (const parts of readJournal(deps.db, range, deps.parse)) {
    totals.webhooks += parts.length;
    const { items, dead } = expectations(deps, parts);
    const missing = await findMissing(deps.db, items);
    const undead = await missingLetters(deps.db, dead);
    totals.accepted += items.length + dead.length;
    totals.applied += items.length - missing.length;
    totals.deadLettered += dead.length - undead.length;
    differences.push(...missing.map(toDifference), ...undead);
    if (differences.length >= MAX_DIFFERENCES) break;
  }
  const unreadable = range.tenantId === null ? await countUnreadable(deps.db, range) : 0;
  totals.accepted += unreadable;
  totals.deadLettered += unreadable;
  differences.push(
    ...(await findStaleThreads(deps.db, range.tenantId)),
    ...(await findLogGaps(deps.db, range.tenantId)),
  );
  return { ...totals, spilled: await findWaiting(deps.db), differences: differences.slice(0, MAX_DIFFERENCES) };
}

interface DeadItem {
  readonly streamId: string;
  readonly reason: string;
}

function expectations(deps: VerifyDeps, parts: readonly JournalPart[]): { items: Expected[]; dead: DeadItem[] } {
  const items: Expected[] = [];
  const dead: DeadItem[] = [];
  for (const part of parts) {
    for (const { account, event } of itemsOf(deps, part)) {
      if (account === null) dead.push({ streamId: part.streamId, reason: 'unknown_account' });
      else if (event.kind === 'parked') dead.push({ streamId: part.streamId, reason: 'unusable_item' });
      else items.push(...expected(account, part, event));
    }
  }
  return { items, dead };
}

interface Item {
  readonly account: AccountRef | null;
  readonly event: InboundEvent;
}

/**
 * Nothing is expected of an erased business. A body of several tenants is read once for each: every item counts for its
 * own tenant, items without a tenant for the first.
 */
function itemsOf(deps: VerifyDeps, part: JournalPart): Item[] {
  const items = part.events.flatMap((event): Item[] => {
    if (event.channel === null || event.kind === 'ignored' || deps.isErased(part, event)) return [];
    return [{ event, account: deps.resolve(part.provider, event.channel, part.auth, event.account) }];
  });
  const owners = [...new Set(items.flatMap(({ account }) => account?.tenantId ?? []))];
  if (owners.length < 2 || part.tenantId === NIL_TENANT) return items;
  return items.filter(({ account }) => (account?.tenantId ?? owners[0]) === part.tenantId);
}

function expected({ tenantId, accountId }: AccountRef, part: Part, event: InboundEvent): Expected[] {
  const base = { tenantId, accountId, streamId: part.streamId, channel: event.channel };
  const message = event.kind === 'message' ? event : noticeOf(event);
  if (message !== null) {
    return [{ ...base, direction: message.direction, id: message.providerMessageId, status: null, ref: null }];
  }
  if (event.kind === 'status' && event.status !== 'pending') {
    return [
      {
        ...base,
        direction: 'outbound',
        id: event.providerMessageId,
        status: event.status,
        ref: asUuid(event.clientRef),
      },
    ];
  }
  return [];
}

function toDifference(item: Expected): Difference {
  return { kind: item.status === null ? 'missing_message' : 'missing_status', tenantId: item.tenantId, id: item.id };
}

async function missingLetters(db: Database, dead: readonly DeadItem[]): Promise<Difference[]> {
  const missing: Difference[] = [];
  for (const { streamId, reason } of dead) {
    if (await hasLetter(db, streamId, reason)) continue;
    missing.push({ kind: 'missing_dead_letter', tenantId: '', id: `${streamId} ${reason}` });
  }
  return missing;
}
