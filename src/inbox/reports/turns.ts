/** What turned in a conversation, told from its entries in the order in which they came about. Pure. */

/** A message, or a change of the status by a member. `memberId`: whose doing it is, null for customers, phones, systems. */
export interface Entry {
  readonly threadId: string;
  readonly id: string;
  readonly at: Date;
  readonly type: 'inbound' | 'outbound' | 'resolved' | 'reopened';
  readonly memberId: string | null;
}

/** Where a conversation stands behind an entry. */
export interface Standing {
  readonly threadId: string;
  readonly lastAt: Date;
  readonly lastId: string;
  readonly resolved: boolean;
  /** When the first message was received that nobody has answered. */
  readonly waitingSince: Date | null;
}

/** What is counted. `audited`: by a change of the status. */
export interface Fact {
  readonly threadId: string;
  readonly id: string;
  readonly at: Date;
  readonly kind: 'begun' | 'resolved' | 'answered';
  readonly memberId: string | null;
  readonly waitMs: number | null;
  readonly audited: boolean;
}

/** Entries come about when they are received, written or done; ids decide between two of the same moment. */
export function inOrder(a: Entry, b: Entry): number {
  return a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : 1);
}

/** Whether a standing is behind this entry already, so that the conversation has to be told from its beginning. */
export function isLate(entry: Entry, { lastAt, lastId }: Standing): boolean {
  const ahead = entry.at.getTime() - lastAt.getTime();
  return ahead < 0 || (ahead === 0 && entry.id <= lastId);
}

/** One conversation after more of its entries, in order; null: before the first one. */
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

/** Whoever writes to the customer, or resolves, ends the wait. Writing to who was done with does not open it again. */
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
