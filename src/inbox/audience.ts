/** Who receives what: one durable event and one set of rules yield deliver, tombstone or hide. Pure. */
import type { Member, PresenceState } from '../contract/entities.ts';
import type { Event } from '../contract/events.ts';
import type { LogEvent } from '../contract/jobs.ts';
import { threadScope, type InboxAbility } from './team/ability.ts';
import { WrittenEvent } from './written-event.ts';

/** May the holder see a thread that is assigned to this member (null: to nobody)? */
export type View = (assigneeId: string | null) => boolean;

/** `tombstone`: it was visible and is no longer, so the holder is told to forget the thread and nothing else. */
export type Verdict = 'deliver' | 'tombstone' | 'hide';

/** Live state of a member of the event's tenant; undefined when there is no lease. */
export type StateOf = (memberId: string) => PresenceState | undefined;

const OF_A_THREAD: ReadonlySet<string> = new Set([
  'thread.created',
  'thread.updated',
  'message.created',
  'message.updated',
  'message.removed',
  'thread.removed',
  'note.created',
]);
/** Everything else (`tenant.updated`, `sessions.ended`, and types that a newer release writes) stays on the server. */
const OF_THE_TEAM: ReadonlySet<string> = new Set([
  'member.updated',
  'account.updated',
  'saved-reply.updated',
  'saved-reply.removed',
]);

/** Compiles an ability into a predicate cheap enough to run per event and class; same source as canSeeThread. */
export function viewOf(ability: InboxAbility): View {
  const scope = threadScope(ability);
  if (scope.all) return () => true;
  const own = new Set(scope.assigneeIds);
  return (assigneeId) => (assigneeId === null ? scope.unassigned : own.has(assigneeId));
}

/** True if the holder could have known the thread before this event. */
function visibleBefore(event: LogEvent, view: View): boolean {
  return !event.created && view(event.assigneeBefore);
}

/** What the holder of `view`, who has been offered everything before this event, gets of it. */
export function judge(event: LogEvent, view: View): Verdict {
  if (OF_THE_TEAM.has(event.type)) return 'deliver';
  if (!OF_A_THREAD.has(event.type) || event.threadId === null) return 'hide';
  if (event.type === 'thread.removed') return visibleBefore(event, view) ? 'deliver' : 'hide';
  if (view(event.assigneeAfter)) return 'deliver';
  return visibleBefore(event, view) ? 'tombstone' : 'hide';
}

/** The assignee of every thread in the range after its last event; threads that are gone by then are left out. */
export function assigneesAfter(events: readonly LogEvent[]): Map<string, string | null> {
  const after = new Map<string, string | null>();
  for (const event of events) {
    if (event.threadId === null) continue;
    if (event.type === 'thread.removed') after.delete(event.threadId);
    else after.set(event.threadId, event.assigneeAfter);
  }
  return after;
}

/** Threads of the range that `view` shows at its end, for which the current assignee has to be looked up. */
export function visibleThreads(events: readonly LogEvent[], view: View): string[] {
  return [...assigneesAfter(events)].filter(([, assigneeId]) => view(assigneeId)).map(([threadId]) => threadId);
}

/** By thread, the last event of the range that removed it. */
function removalsIn(events: readonly LogEvent[]): Map<string, number> {
  const removals = new Map<string, number>();
  for (const { type, threadId, seq } of events)
    if (type === 'thread.removed' && threadId !== null) removals.set(threadId, seq);
  return removals;
}

/**
 * Verdicts for a range that is delivered later than it happened. They depend on what may be seen at its end and now
 * (`assigneeNow`: a thread missing from it is gone; null: not looked up). A thread that may not be seen yields one
 * tombstone if the client can have known it, whatever else happened to it in the range. Nothing before the removal of a
 * thread is delivered: the client forgets it anyway, and it may be about somebody who was erased.
 */
export function judgeReplay(
  events: readonly LogEvent[],
  view: View,
  assigneeNow: ReadonlyMap<string, string | null> | null,
): Verdict[] {
  const after = assigneesAfter(events);
  const removals = removalsIn(events);
  const known = new Set<string>();
  const buried = new Set<string>();
  const isInSight = (threadId: string): boolean =>
    shows(view, after.get(threadId)) && (assigneeNow === null || shows(view, assigneeNow.get(threadId)));
  const judgeKnown = (event: LogEvent, threadId: string): Verdict => {
    const removedAt = removals.get(threadId) ?? 0;
    if (event.seq < removedAt) return 'hide';
    if (isInSight(threadId)) return 'deliver';
    if (buried.has(threadId) || !known.has(threadId)) return 'hide';
    buried.add(threadId);
    return event.seq === removedAt ? 'deliver' : 'tombstone';
  };
  return events.map((event) => {
    const { threadId } = event;
    if (threadId === null || !OF_A_THREAD.has(event.type)) return judge(event, view);
    if (visibleBefore(event, view)) known.add(threadId);
    return judgeKnown(event, threadId);
  });
}

/** Whether the view shows it; undefined: there is no such thread. */
function shows(view: View, assigneeId: string | null | undefined): boolean {
  return assigneeId !== undefined && view(assigneeId);
}

/** The event in its public shape; null for `hide`. Internal fields are removed, a member's live state is added. */
export function toClient(event: LogEvent, verdict: Verdict, stateOf: StateOf): Event | null {
  const { seq, at } = event;
  if (verdict === 'hide') return null;
  if (verdict === 'tombstone') {
    const data = { threadId: event.threadId, reason: 'assigned_away' };
    return { seq, at, type: 'thread.removed', data } as Event;
  }
  // The entity functions in sql/ built the data, and a test checks it against these schemas.
  if (event.type === 'member.updated') return { seq, at, type: event.type, data: publicMember(event, stateOf) };
  const shown = event instanceof WrittenEvent ? event.shown() : { seq, at, type: event.type, data: event.data };
  return shown as unknown as Event;
}

function publicMember(event: LogEvent, stateOf: StateOf): { member: Member; removed?: true } {
  const member = event.data['member'] as Member;
  const removed = event.data['removed'] === true ? ({ removed: true } as const) : {};
  return { member: { ...member, state: stateOf(member.id) ?? 'offline' }, ...removed };
}
