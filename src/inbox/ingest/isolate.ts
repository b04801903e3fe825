/** Applies what a batch contains besides rows: together if possible, so that one bad item harms no other. */
import { classifyDatabaseError } from '../../platform/postgres.ts';
import type { Logger } from '../../platform/log.ts';
import { halve } from './apply.ts';

/** Most items in one transaction. */
const MAX_ITEMS = 500;

/**
 * Applies the items in as few steps as possible. What Postgres refuses is halved until the culprit is alone; that item
 * is skipped with a line in the log, as its webhook is in the journal. Rejects for infrastructure errors only; then the
 * whole may be repeated.
 */
export async function applyIsolated<T>(
  log: Logger,
  items: readonly T[],
  apply: (items: readonly T[]) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < items.length; from += MAX_ITEMS) {
    await applyOrHalve(log, items.slice(from, from + MAX_ITEMS), apply);
  }
}

async function applyOrHalve<T>(
  log: Logger,
  items: readonly T[],
  apply: (items: readonly T[]) => Promise<void>,
): Promise<void> {
  try {
    await apply(items);
  } catch (error) {
    const verdict = classifyDatabaseError(error);
    if (verdict === 'infrastructure' || verdict === 'retry') throw error;
    if (items.length === 1) {
      log.error({ err: error }, 'Something that a webhook says could not be applied; it is left out.');
      return;
    }
    for (const half of halve(items)) await applyOrHalve(log, half, apply);
  }
}
