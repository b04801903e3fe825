/** Maps parsed webhooks to the one document that `ingest_batch` applies. Pure: same entries, same document. */
import type { TenantId } from '../../contract/ids.ts';
import type { BatchDocument, JournalRow, LetterRow, Slice } from './document.ts';
import { NIL_TENANT, type Part, type ResolveChannel, type WindowOf } from './part.ts';
import { BatchRows } from './rows.ts';

/** What a batch is applied with: the document, and all raw bodies one after the other. */
export interface Batch {
  readonly document: BatchDocument;
  readonly bytes: Buffer;
}

/** Builds the document for some parts. Events of unknown channels and unusable items become dead letters in it. */
export function buildBatch(parts: readonly Part[], resolve: ResolveChannel, windowOf: WindowOf): Batch {
  const rows = new BatchRows(windowOf);
  const bodies: Buffer[] = [];
  let start = 0;
  for (const part of parts) {
    const slice = { start, length: part.body.length };
    bodies.push(part.body);
    start += part.body.length;
    const owners = addPart(rows, part, resolve, slice);
    rows.journal.push(...journalRows(owners, part.isErased === true ? { start, length: 0 } : slice, part));
  }
  const receivedAtMs = Math.min(...parts.map((part) => part.receivedAtMs));
  return { document: rows.finish(receivedAtMs), bytes: Buffer.concat(bodies) };
}

/**
 * A body with items of several tenants is stored once, belonging to no tenant; each of them has a row without bytes
 * that refers to it.
 */
function journalRows(owners: ReadonlySet<TenantId>, slice: Slice, part: Part): JournalRow[] {
  const [only = NIL_TENANT, ...others] = owners;
  if (others.length === 0) return [journalRow(only, slice, part)];
  const empty = { start: slice.start, length: 0 };
  return [journalRow(NIL_TENANT, slice, part), ...[only, ...others].map((owner) => journalRow(owner, empty, part))];
}

/** The tenants whose items the part has: usually one, several if one app at the carrier serves many. */
function addPart(rows: BatchRows, part: Part, resolve: ResolveChannel, slice: Slice): ReadonlySet<TenantId> {
  const owners = new Set<TenantId>();
  const letters = new Map<string, LetterRow>();
  const letter = (reason: string, channel: string | null, tenantId: TenantId, sqlstate: string | null = null): void => {
    letters.set(`${reason} ${channel ?? ''}`, {
      ...journalRow(tenantId, slice, part),
      channel,
      reason,
      sqlstate,
    });
  };
  part.events.forEach((event, index) => {
    if (event.channel === null || event.kind === 'ignored') return;
    const account = resolve(part.provider, event.channel, part.auth, event.account);
    if (account !== null) owners.add(account.tenantId);
    if (part.poison !== undefined)
      letter(part.poison.reason, event.channel, account?.tenantId ?? NIL_TENANT, part.poison.sqlstate);
    else if (account === null) letter('unknown_account', event.channel, NIL_TENANT);
    else if (event.kind === 'parked') letter('unusable_item', event.channel, account.tenantId);
    else {
      const { tenantId, accountId } = account;
      rows.add({ tenantId, accountId, part, index: part.offset + index }, event);
    }
  });
  // Bytes in which no item could be identified.
  if (part.poison !== undefined && letters.size === 0)
    letter(part.poison.reason, null, NIL_TENANT, part.poison.sqlstate);
  rows.letters.push(...letters.values());
  return owners;
}

/** Written field by field: every message has this row, and spread objects are several times as large in V8. */
function journalRow(tenantId: TenantId, { start, length }: Slice, part: Part): JournalRow {
  return {
    start,
    length,
    tenant_id: tenantId,
    received_ms: part.receivedAtMs,
    stream_id: part.streamId,
    provider: part.provider,
    auth: part.auth,
    correlation_id: part.correlationId,
  };
}
