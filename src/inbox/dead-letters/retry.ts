/** Applies a dead letter's webhook again, after what was wrong may have been fixed. */
import { classifyDatabaseError, type Database } from '../../platform/postgres.ts';
import { buildBatch } from '../ingest/batch.ts';
import { wholePart, type Received, type ResolveChannel, type WindowOf } from '../ingest/part.ts';
import type { ParseBody } from '../ingest/journal.ts';
import { applyBatch } from '../ingest/apply.ts';
import { decodeKept, UNKNOWN } from '../ingest/unreadable.ts';
import { publishHints, type HintPublisher } from '../hints.ts';
import { closedAlready, type Letter } from './letters.ts';

/** `applied`: the letter is closed. Otherwise it stays open, for the reason named. */
export type RetryOutcome = { readonly applied: true } | { readonly applied: false; readonly reason: string };

/** What applying a letter again depends on; the same as for a new webhook. */
export interface RetryDeps {
  readonly db: Database;
  readonly resolve: ResolveChannel;
  readonly windowOf: WindowOf;
  readonly parse: ParseBody;
  readonly hints: HintPublisher;
}

/**
 * Safe to repeat: what the webhook already did is not done again. Throws conflict for a letter that was dropped; else
 * rejects for infrastructure errors only.
 */
export async function retryLetter(deps: RetryDeps, letter: Letter): Promise<RetryOutcome> {
  if (letter.state === 'dropped') throw closedAlready();
  const webhook = webhookOf(letter);
  if ('broken' in webhook) return { applied: false, reason: `it still cannot be read: ${webhook.broken}` };
  const parsed = deps.parse(webhook.provider, webhook.body, webhook.receivedAtMs);
  if (!parsed.ok) return { applied: false, reason: `the body is still broken: ${parsed.broken}` };
  const batch = buildBatch([wholePart(webhook, parsed)], deps.resolve, deps.windowOf);
  const left = batch.document.letters.find(({ channel }) => isOf(letter, channel));
  try {
    publishHints(deps.hints, await applyBatch(deps.db, batch));
  } catch (error) {
    if (classifyDatabaseError(error) !== 'data') throw error;
    return { applied: false, reason: `Postgres still refuses it (${String((error as { code?: unknown }).code)})` };
  }
  if (left !== undefined) return { applied: false, reason: left.reason };
  await closeLetter(deps.db, letter.id);
  return { applied: true };
}

/**
 * Whether an item belongs to this letter. Other problems of the body have their own letters; an unreadable entry owns
 * all its items.
 */
function isOf({ provider, channel }: Letter, other: string | null): boolean {
  return provider !== UNKNOWN && (channel === null || channel === other);
}

/** The letter's webhook as it was received, without its parsed content. */
function webhookOf(letter: Letter): Received | { readonly broken: string } {
  const { provider, auth, correlationId, body } = letter;
  const receivedAtMs = letter.receivedAt.getTime();
  const streamId = letter.streamId ?? `letter/${String(receivedAtMs)}-0`;
  if (provider !== UNKNOWN) return { streamId, provider, auth, receivedAtMs, correlationId, body };
  const decoded = decodeKept(body, streamId);
  if (!decoded.ok) return { broken: decoded.broken };
  if (decoded.entry.body === null) return { broken: 'its body is gone' };
  return { ...decoded.entry, body: decoded.entry.body };
}

/** Index: dead_letters primary key, across all tenants: operators' work, rare. */
async function closeLetter(db: Database, id: string): Promise<void> {
  await db.run(
    'dead_letters.close',
    (sql) => sql`
      update dead_letters set state = 'retried', closed_reason = 'retried by an operator', closed_at = now()
      where id = ${id} and state = 'open'`,
  );
}
