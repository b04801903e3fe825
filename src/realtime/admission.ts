/** Turns a verified session into a live subscriber: reads the membership, registers, catches up. */
import type { Cursor } from '../contract/events.ts';
import { InboxError } from '../contract/errors.ts';
import type { Caller } from '../inbox/command.ts';
import type { LogReader } from '../inbox/log-reader.ts';
import type { LiveMember, ReadLiveMembers } from '../inbox/team/live-member.ts';
import { assertCurrent } from '../inbox/team/tokens.ts';
import { catchUp, type ResumeResult } from './catch-up.ts';
import type { Feeds } from './feeds.ts';
import type { Subscriber, TenantFeed } from './tenant-feed.ts';

const TRIES = 3;

/**
 * A connection that asks to be admitted. `make` is called once per try, `isOpen` after every wait, `onLive` in the tick
 * of joining.
 */
export interface Applicant<S extends Subscriber> {
  readonly caller: Caller;
  readonly cursor: Cursor | null;
  /** The membership, if it has just been read. */
  readonly live: LiveMember | null;
  readonly make: (live: LiveMember) => S;
  readonly isOpen: () => boolean;
  readonly onLive: (subscriber: S, live: LiveMember, at: Cursor) => void;
}

/** What admission depends on. */
export interface AdmissionDeps {
  readonly feeds: Feeds;
  readonly reader: LogReader;
  readonly readMembers: ReadLiveMembers;
}

/** A live subscriber; it stays until `feed.remove(subscriber)`. */
export interface Admitted<S extends Subscriber> {
  readonly feed: TenantFeed;
  readonly subscriber: S;
  readonly result: ResumeResult;
}

/**
 * Null when the connection closed meanwhile. Rejects with InboxError `forbidden` when the membership has ended,
 * `unauthenticated` when the session has, `unavailable` when the log grows faster than it can be read, and as Database
 * calls do.
 */
export async function admit<S extends Subscriber>(
  deps: AdmissionDeps,
  applicant: Applicant<S>,
): Promise<Admitted<S> | null> {
  const { caller, isOpen } = applicant;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const feed = await deps.feeds.open(caller.tenantId);
    const known = attempt === 0 ? applicant.live : null;
    const live = feed === null ? null : (known ?? (await readMembership(deps, caller)));
    if (feed === null || live === null) throw new InboxError('forbidden', 'You are no longer a member of this team.');
    // The grant holds as of `head`, so whatever the member missed up to there can be filtered by it.
    await feed.tailer.reach(live.head);
    if (!isOpen()) return null;
    const subscriber = applicant.make(live);
    if (feed.register(subscriber, live.head)) return await settle(deps, applicant, { feed, live, subscriber });
  }
  throw new InboxError('unavailable', 'The event log moves too fast; try again shortly.');
}

async function readMembership({ readMembers }: AdmissionDeps, caller: Caller): Promise<LiveMember | null> {
  const found = await readMembers(caller);
  const live = found.find(({ grant }) => grant.memberId === caller.memberId) ?? null;
  // An event up to `head` that ended the session is not delivered again.
  if (live !== null) assertCurrent(caller.session, live.sessionGeneration);
  return live;
}

interface Registered<S extends Subscriber> {
  readonly feed: TenantFeed;
  readonly live: LiveMember;
  readonly subscriber: S;
}

async function settle<S extends Subscriber>(
  deps: AdmissionDeps,
  applicant: Applicant<S>,
  { feed, live, subscriber }: Registered<S>,
): Promise<Admitted<S> | null> {
  const { cursor, isOpen } = applicant;
  const onLive = (at: Cursor): void => {
    applicant.onLive(subscriber, live, at);
  };
  let result: ResumeResult | null = null;
  try {
    result = await catchUp({ feed, subscriber, cursor, reader: deps.reader, isOpen, onLive });
  } finally {
    if (result === null) feed.remove(subscriber);
  }
  return result === null ? null : { feed, subscriber, result };
}
