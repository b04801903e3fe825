/** Decides from a conversation's entries, in their order, what was begun, resolved and answered. Pure. */

/** A message, or a status change by a member. `memberId`: who did it; null for customers, phones, systems. */
export interface Entry {
  readonly threadId: string;
  readonly id: string;
  readonly at: Date;
  readonly type: 'inbound' | 'outbound' | 'resolved' | 'reopened';
  readonly memberId: string | null;
}

/** The state of a conversation after an entry. */
export interface Standing {
  readonly threadId: string;
  readonly lastAt: Date;
  readonly lastId: string;
  readonly resolved: boolean;
  /** When the first unanswered message was received. */
  readonly waitingSince: Date | null;
}

/** What is counted. `audited`: because of a status change. */
export interface Fact {
  readonly threadId: string;
  readonly id: string;
  readonly at: Date;
  readonly kind: 'begun' | 'resolved' | 'answered';
  readonly memberId: string | null;
  readonly waitMs: number | null;
  readonly audited: boolean;
}

/** Sorts entries by when they were received, written or done, then by id. */
export function inOrder(a: Entry, b: Entry): number {
  return a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : 1);
}

/** Whether the standing is already past this entry. */
export function isLate(entry: Entry, { lastAt, lastId }: Standing): boolean {
  const ahead = entry.at.getTime() - lastAt.getTime();
  return ahead < 0 || (ahead === 0 && entry.id <= lastId);
}

/** Whether a late entry is just one more message of a customer who was waiting already, so that it changes nothing. */
export function isMoreOfWait({ type, at }: Entry, { waitingSince }: Standing): boolean {
  return type === 'inbound' && waitingSince !== null && at > waitingSince;
}

/** Advances one conversation by more of its entries, in order. `before` is null at its beginning. */
export function tell(
  before: Standing | null,
  entries: readonly Entry[],
): { readonly standing: Standing | null; readonly facts: readonly Fact[] } {
  const facts: Fact[] = [];
  let standing = before;
  for (const entry of entries) {
    const fact = factOf(standing, entry);
    if (fact !== null) facts.push(fact);
    standing = after(standing, entry);
  }
  return { standing, facts };
}

function factOf(before: Standing | null, entry: Entry): Fact | null {
  const { threadId, id, at, memberId } = entry;
  const fact = { threadId, id, at, memberId, waitMs: null, audited: false };
  switch (entry.type) {
    case 'resolved':
      return { ...fact, kind: 'resolved', audited: true };
    case 'reopened':
      return { ...fact, kind: 'begun', audited: true };
    case 'inbound':
      return before === null || before.resolved ? { ...fact, kind: 'begun' } : null;
    case 'outbound':
      if (before === null) return { ...fact, kind: 'begun' };
      if (before.waitingSince === null || memberId === null) return null;
      return { ...fact, kind: 'answered', waitMs: at.getTime() - before.waitingSince.getTime() };
  }
}

/** Writing to the customer, or resolving, ends the wait. Our message does not reopen a resolved one. */
function after(before: Standing | null, { threadId, id, at, type }: Entry): Standing {
  const { resolved = false, waitingSince = null } = before ?? {};
  const here = { threadId, lastAt: at, lastId: id };
  switch (type) {
    case 'resolved':
      return { ...here, resolved: true, waitingSince: null };
    case 'reopened':
      return { ...here, resolved: false, waitingSince };
    case 'inbound':
      return { ...here, resolved: false, waitingSince: waitingSince ?? at };
    case 'outbound':
      return { ...here, resolved, waitingSince: null };
  }
}
