/** Defines what a step of an erasure is, and the steps shared by contact erasures and retention terms. */
import type { ContactId, TenantId, ThreadId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { LoggedEvent } from '../event-log.ts';
import type { Fragment } from '../fragments.ts';
import type { Surroundings } from './arrivals.ts';

/** An erasure in progress, its row locked. `stage`: one of those in the table's check constraint. */
export interface Running {
  readonly tenantId: TenantId;
  readonly contactId: ContactId;
  readonly byTerm: boolean;
  readonly requestedAt: Date;
  readonly stage: string;
  readonly place: string;
  readonly walked: string;
  readonly threadIds: readonly ThreadId[];
}

/**
 * `on`: the stage continues at `place`. `next`: the stage is done. `wait`: nothing can be done now. `end`: nothing is
 * left to do.
 */
export type StepEnd =
  | {
      readonly kind: 'on';
      readonly place: string;
      readonly messages?: number;
      readonly logged?: readonly LoggedEvent[];
    }
  | { readonly kind: 'next' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'end' };

/** One bounded piece of work. */
export type Step = (tx: Tx, erasure: Running, around: Surroundings) => Promise<StepEnd>;

export const NEXT: StepEnd = { kind: 'next' };
/** The most that one step handles: messages, other rows, events. */
export const MESSAGES = 500;
export const ROWS = 2000;
const EVENTS = 5000;
export const [FIRST, SECOND] = [0, 1];
/** Returns one part of a place whose parts are separated by `|`. */
export const partOf = (place: string, part: number): string => place.split('|')[part] ?? '';

/** The row of an erasure, in the form that the functions in sql/ take. */
export const row = (tx: Tx, { tenantId, contactId }: Running): Fragment =>
  tx`(select e from erasures e where e.tenant_id = ${tenantId} and e.contact_id = ${contactId})`;

/** Erases what the tenant's event log says about them. `place`: the last sequence number handled. */
export const events: Step = async (tx, erasure) => {
  const [log] = await tx<{ head: number }[]>`
    select head from tenant_logs where tenant_id = ${erasure.tenantId}`;
  const [first] = await tx<{ seq: number }[]>`
    select coalesce(min(seq), 1) as seq from tenant_events where tenant_id = ${erasure.tenantId}`;
  const after = Math.max(Number(erasure.place), (first?.seq ?? 1) - 1);
  const head = log?.head ?? 0;
  if (after >= head) return NEXT;
  const to = Math.min(after + EVENTS, head);
  await tx`select erase_events(${row(tx, erasure)}, ${after}, ${to})`;
  return { kind: 'on', place: String(to) };
};

/** Deletes the next notes of the threads; returns how many. Index: notes_by_thread. Locks the rows. */
export async function deleteNotes(tx: Tx, { tenantId, threadIds }: Running): Promise<number> {
  const { count } = await tx`
    delete from notes where tenant_id = ${tenantId} and id in (
      select id from notes where tenant_id = ${tenantId} and thread_id = any (${[...threadIds]}::uuid[]) limit ${ROWS})`;
  return count;
}
