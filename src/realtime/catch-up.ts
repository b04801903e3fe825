/** Brings one connection from its cursor to the present and makes it live in the same synchronous tick. */
import type { Cursor, ResyncReason } from '../contract/events.ts';
import type { LogEvent } from '../contract/jobs.ts';
import { judge, judgeReplay, visibleThreads, viewOf, type Verdict } from '../inbox/audience.ts';
import type { LogReader } from '../inbox/log-reader.ts';
import { abilityFor, threadScope } from '../inbox/team/ability.ts';
import { grantChange } from '../inbox/team/live-member.ts';
import { publicEvents } from './audience-classes.ts';
import { cutFrames, measured, type MeasuredEvent } from './frames.ts';
import type { Subscriber, TenantFeed } from './tenant-feed.ts';

/** Most events that are replayed; a connection that missed more starts from a snapshot. */
export const RESUME_LIMIT = 2000;
const MAX_PASSES = 50;

/** How a connection became level: `live` had no cursor, `replayed` got what it missed, the rest had to resync. */
export type ResumeResult = 'live' | 'replayed' | ResyncReason;

/** `isOpen` is checked after every wait; `onLive` is called in the tick in which the subscriber joins. */
export interface CatchUpOptions {
  readonly feed: TenantFeed;
  readonly subscriber: Subscriber;
  readonly cursor: Cursor | null;
  readonly reader: LogReader;
  readonly isOpen: () => boolean;
  readonly onLive: (at: Cursor) => void;
}

/** Null when the connection ended meanwhile. The subscriber must be registered with the feed. Rejects as reads do. */
export async function catchUp(options: CatchUpOptions): Promise<ResumeResult | null> {
  if (options.cursor === null) return goLive(options, 'live');
  await options.feed.tailer.reach(options.cursor.seq);
  return await replay(options, options.cursor);
}

/**
 * Must run in the tick in which the client was found to be level with the tailer, or unable to get there: then nothing
 * that the tailer delivers can fall between the replay and the rooms.
 */
function goLive(options: CatchUpOptions, found: ResumeResult): ResumeResult | null {
  const { feed, subscriber, isOpen, onLive } = options;
  if (!isOpen()) return null;
  const result = subscriber.disturbed && found !== 'live' ? 'permissions' : found;
  if (result !== 'live' && result !== 'replayed') subscriber.resync(result);
  onLive(feed.goLive(subscriber));
  return result;
}

async function replay(options: CatchUpOptions, cursor: Cursor): Promise<ResumeResult | null> {
  const { feed, isOpen } = options;
  let position = cursor.seq;
  const missedTo = feed.tailer.cursor.seq;
  for (let pass = 0; pass < MAX_PASSES && isOpen(); pass += 1) {
    const target = feed.tailer.cursor;
    const refusal = refuse(cursor.epoch, position, target);
    if (refusal !== null) return goLive(options, refusal);
    if (position === target.seq) return goLive(options, 'replayed');
    const missed = position < missedTo;
    const events = await nextPiece(options, position, missed ? missedTo : target.seq);
    if (events === null) return goLive(options, 'too-old');
    const verdicts = missed
      ? await verdictsNow(options, { position, missedTo, events })
      : verdictsThen(options, events);
    if (verdicts === null) return goLive(options, 'permissions');
    if (isOpen()) position = offer(options, events, { verdicts, from: position, epoch: target.epoch });
  }
  return goLive(options, 'too-old');
}

function refuse(epoch: string, position: number, target: Cursor): ResyncReason | null {
  if (epoch !== target.epoch) return 'epoch';
  if (position > target.seq) return 'ahead';
  return target.seq - position > RESUME_LIMIT ? 'too-old' : null;
}

/**
 * From memory or from the log, possibly only a part of the range; null when the log is no longer kept that far back.
 */
async function nextPiece(options: CatchUpOptions, from: number, to: number): Promise<readonly MeasuredEvent[] | null> {
  const { tenantId, tailer } = options.feed;
  const known = tailer.since(from, to);
  if (known !== null) return known;
  const { epoch } = tailer.cursor;
  const range = await options.reader.knownRange({ tenantId, epoch, from, to, limit: RESUME_LIMIT });
  return range?.events[0]?.seq === from + 1 ? range.events.map(measured) : null;
}

/** Did the range change what this member may see? In doubt the answer is yes, because a snapshot is always right. */
async function rightsChanged(options: CatchUpOptions, position: number, events: readonly LogEvent[]): Promise<boolean> {
  const { subscriber, feed, reader } = options;
  const { memberId, role } = subscriber.grant;
  const changes = events.map(grantChange);
  if (role === 'agent' && changes.some((change) => change?.kind === 'tenant')) return true;
  const versions = changes.flatMap((change) =>
    change?.kind === 'member' && change.memberId === memberId ? [change.version] : [],
  );
  const [first] = versions;
  // A first version has never changed. Members are also logged when conversations are assigned to them.
  if (first === undefined || versions.every((version) => version === 1)) return false;
  if (versions.some((version) => version !== first)) return true;
  return (await reader.versionAt({ tenantId: feed.tenantId, memberId, seq: position })) !== first;
}

/** A piece of what was missed: all after `position` up to `missedTo`, or the first part of it. */
interface Missed {
  readonly position: number;
  readonly missedTo: number;
  readonly events: readonly LogEvent[];
}

/** Filters by the rights of now. Null when the member's rights changed in the range. */
async function verdictsNow(options: CatchUpOptions, { position, missedTo, events }: Missed): Promise<Verdict[] | null> {
  if (await rightsChanged(options, position, events)) return null;
  const ability = abilityFor(options.subscriber.grant);
  const view = viewOf(ability);
  // A member who sees every thread learns from the whole range what was removed, not from a part of it.
  const isPart = events.at(-1)?.seq !== missedTo;
  if (threadScope(ability).all && !isPart) return judgeReplay(events, view, null);
  return judgeReplay(events, view, await options.reader.assignees(options.feed.tenantId, visibleThreads(events, view)));
}

/** Events that came during catching up are filtered as for everybody who was live. */
function verdictsThen(options: CatchUpOptions, events: readonly LogEvent[]): Verdict[] {
  const view = viewOf(abilityFor(options.subscriber.grant));
  return events.map((event) => judge(event, view));
}

interface Offer {
  readonly verdicts: readonly Verdict[];
  readonly from: number;
  readonly epoch: string;
}

function offer(options: CatchUpOptions, events: readonly MeasuredEvent[], { verdicts, from, epoch }: Offer): number {
  const { feed, subscriber } = options;
  const to = events.at(-1)?.seq ?? from;
  const shown = publicEvents(events, verdicts, feed.stateOf);
  for (const frame of cutFrames(shown, { epoch, from, to })) subscriber.send(frame);
  return to;
}
