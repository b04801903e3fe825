/** What a step of an erasure is, and those that an erasure of a contact and a term have in common. */
import type { ContactId, TenantId, ThreadId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { LoggedEvent } from '../event-log.ts';
import type { Fragment } from '../fragments.ts';
import type { Surroundings } from './arrivals.ts';

/** An erasure under way, its row locked. `stage`: as in the table's check. */
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

/** `next`: the stage is through. `wait`: nothing can be done now. `end`: nothing is left to do. */
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
/** So many messages, other rows, and events a step. */
export const MESSAGES = 500;
export const ROWS = 2000;
const EVENTS = 5000;
export const [FIRST, SECOND] = [0, 1];
/** A place of several parts. */
export const partOf = (place: string, part: number): string => place.split('|')[part] ?? '';

/** The row of an erasure as the functions in sql/ take it. */
export const row = (tx: Tx, { tenantId, contactId }: Running): Fragment =>
  tx`(select e from erasures e where e.tenant_id = ${tenantId} and e.contact_id = ${contactId})`;

/** `place`: the last number of the log. */
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

/** Deletes some of the notes; returns how many. Index: notes_by_thread. Locks the rows. */
export async function deleteNotes(tx: Tx, { tenantId, threadIds }: Running): Promise<number> {
  const { count } = await tx`
    delete from notes where tenant_id = ${tenantId} and id in (
      select id from notes where tenant_id = ${tenantId} and thread_id = any (${[...threadIds]}::uuid[]) limit ${ROWS})`;
  return count;
}
