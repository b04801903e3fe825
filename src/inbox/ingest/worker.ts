/** What consumers/inbound does with a batch of stream entries. */
import type { Clock } from '../../lib/clock.ts';
import { groupBy } from '../../lib/group-by.ts';
import { isChosenId, type Logger } from '../../platform/log.ts';
import { tenantLabel, type Metrics } from '../../platform/metrics.ts';
import type { Database } from '../../platform/postgres.ts';
import { idsByKey, type AckedIds, type StreamEntry } from '../../platform/stream.ts';
import type { InboundEvent, Parsed } from '../../providers/inbound.ts';
import type { ProviderName } from '../../contract/entities.ts';
import type { TenantId } from '../../contract/ids.ts';
import type { LoggedEvent } from '../event-log.ts';
import { publishHints, type HintPublisher } from '../hints.ts';
import type { FetchSoon } from '../media/download/queue.ts';
import { applyParts, packParts, splitEvents, type ApplyDeps } from './apply.ts';
import { withoutErased, type IsErased } from './erased.ts';
import { wholePart, type Part, type ResolveChannel, type WindowOf } from './part.ts';
import type { DecodedEntry } from './entry.ts';
import { deleteBodies, deleteSpilled, findBodies } from './queries.ts';
import { decodeOrKeep } from './unreadable.ts';

/** What the worker needs from the accounts directory. */
export interface Channels {
  readonly resolve: ResolveChannel;
  readonly isErased: IsErased;
  /** Makes `resolve` true for channels that were added a moment ago; rejects when Postgres is away. */
  ensure(
    wanted: readonly { readonly provider: ProviderName; readonly channel: string; readonly auth: string }[],
  ): Promise<void>;
}

/** Events that change no row: typing indicators, connection states. Called after the commit of the batch. */
export type SideEvents = (events: readonly { readonly part: Part; readonly event: InboundEvent }[]) => Promise<void>;

/** What the handler depends on; `db` is connected as the owner, with the planner settings for ingest. */
export interface InboundDeps {
  readonly db: Database;
  readonly log: Logger;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'messagesReceived' | 'messageProcessingDuration'>;
  readonly channels: Channels;
  readonly windowOf: WindowOf;
  readonly parse: (provider: ProviderName, body: Buffer, receivedAtMs: number) => Parsed;
  readonly hints: HintPublisher;
  readonly sideEvents: SideEvents;
  /** Gets what each batch logged, after its commit. */
  readonly fetchSoon: FetchSoon;
}

/**
 * Applies a batch and returns the entries that are finished: all of them, including those that became dead letters. If
 * an infrastructure error is thrown, none is. The hint goes out as soon as the statement has committed.
 */
export function createInboundHandler(deps: InboundDeps): (entries: readonly StreamEntry[]) => Promise<AckedIds> {
  return async (entries) => {
    const decoded = await decodeOrKeep(deps, entries);
    const whole = (await loadBodies(deps.db, decoded)).map((entry) => toPart(deps, entry));
    await deps.channels.ensure(channelsOf(whole));
    const parts = whole.flatMap((part) => splitEvents(withoutErased(part, deps.channels.isErased)));
    await applyAll(deps, parts);
    await forgetApplied(deps.db, decoded);
    for (const entry of decoded) trace(deps, entry);
    await deps.sideEvents(parts.flatMap((part) => part.events.map((event) => ({ part, event }))));
    return idsByKey(entries);
  };
}

/**
 * Applies parts batch by batch, publishing and measuring each. Used by the worker, by replay and by dead-letter retry.
 */
export async function applyAll(
  deps: Pick<InboundDeps, 'db' | 'log' | 'clock' | 'metrics' | 'windowOf' | 'hints' | 'channels' | 'fetchSoon'>,
  parts: readonly Part[],
): Promise<void> {
  const apply: ApplyDeps = { db: deps.db, log: deps.log, resolve: deps.channels.resolve, windowOf: deps.windowOf };
  for (const [provider, own] of groupBy(parts, ({ provider }) => provider)) {
    for (const batch of packParts(own)) {
      const logged = await applyParts(apply, batch);
      publishHints(deps.hints, logged);
      deps.fetchSoon(logged);
      measure(deps, provider, logged);
    }
  }
}

/** Deletes what was stored of these webhooks until they are applied. */
async function forgetApplied(db: Database, entries: readonly DecodedEntry[]): Promise<void> {
  const keys = entries.flatMap((entry) => entry.bodyKey ?? []);
  if (keys.length > 0) await deleteBodies(db, keys);
  const spillIds = entries.flatMap((entry) => entry.spillId ?? []);
  if (spillIds.length > 0) await deleteSpilled(db, spillIds);
}

/** One log line per webhook, so that it can be followed from the gateway to here by its correlation id. */
function trace({ log, clock }: Pick<InboundDeps, 'log' | 'clock'>, entry: DecodedEntry): void {
  const { correlationId, provider, receivedAtMs } = entry;
  const level = isChosenId(correlationId) ? 'info' : 'debug';
  // Passed as a field: entering an async context once would make every promise of this process slower from then on.
  log[level]({ correlationId, provider, elapsedMs: clock.nowMs() - receivedAtMs }, 'A webhook was applied.');
}

type WithBody = DecodedEntry & { readonly body: Buffer };

const hasBody = (entry: DecodedEntry): entry is WithBody => entry.body !== null;

/**
 * If the large body of an entry is gone, it was applied before the body was deleted: such entries are only
 * acknowledged.
 */
async function loadBodies(db: Database, entries: readonly DecodedEntry[]): Promise<WithBody[]> {
  const keys = entries.flatMap((entry) => entry.bodyKey ?? []);
  const found = keys.length === 0 ? [] : await findBodies(db, keys);
  const bodies = new Map(found.map(({ key, body }) => [key, body]));
  return entries.flatMap((entry) => {
    if (hasBody(entry)) return [entry];
    const body = entry.bodyKey === null ? undefined : bodies.get(entry.bodyKey);
    return body === undefined ? [] : [{ ...entry, body }];
  });
}

function toPart(deps: Pick<InboundDeps, 'parse'>, entry: WithBody): Part {
  const parsed = deps.parse(entry.provider, entry.body, entry.receivedAtMs);
  const part = wholePart(entry, parsed);
  return parsed.ok ? part : { ...part, poison: { reason: 'broken_body', sqlstate: null } };
}

function channelsOf(parts: readonly Part[]): { provider: ProviderName; channel: string; auth: string }[] {
  const seen = new Map<string, { provider: ProviderName; channel: string; auth: string }>();
  for (const { provider, auth, events } of parts) {
    for (const { channel } of events)
      if (channel !== null) seen.set(`${provider} ${auth} ${channel}`, { provider, channel, auth });
  }
  return [...seen.values()];
}

function measure(
  deps: Pick<InboundDeps, 'clock' | 'metrics'>,
  provider: ProviderName,
  logged: readonly LoggedEvent[],
): void {
  const nowMs = deps.clock.nowMs();
  // Counted here first, because the metric hashes its labels each time.
  const received = new Map<TenantId, number>();
  for (const { type, tenantId, receivedAtMs } of logged) {
    if (type !== 'message.created') continue;
    received.set(tenantId, (received.get(tenantId) ?? 0) + 1);
    if (receivedAtMs !== null) deps.metrics.messageProcessingDuration.observe(Math.max(0, nowMs - receivedAtMs) / 1000);
  }
  for (const [tenantId, count] of received)
    deps.metrics.messagesReceived.inc({ tenant: tenantLabel(tenantId), provider }, count);
}
