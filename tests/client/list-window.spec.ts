/** A list that is loaded from either end while the inbox goes on: what is shown of it is right, and nothing is missing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ThreadOrder } from '../../src/contract/commands.ts';
import type { Thread } from '../../src/contract/entities.ts';
import {
  DEFAULT_VIEW,
  hasMore,
  threadsInView,
  viewKey,
  type ListPage,
  type View,
} from '../../client/src/state/selectors.ts';
import { mergeThreads } from '../../client/src/sync/apply-event.ts';
import type { InboxState } from '../../client/src/sync/model.ts';
import { compareThreads } from '../../client/src/sync/order.ts';
import { aFrame, applied, aThread, at, id, inboxOf, ME, numbered } from './example.ts';

const PAGE = 3;
const WAITING: View = { ...DEFAULT_VIEW, folder: 'unassigned' };

type Step =
  | { readonly type: 'page'; readonly view: View }
  | { readonly type: 'change'; readonly number: number; readonly change: Partial<Thread> };

const order = fc.constantFrom<ThreadOrder>('newest', 'oldest');
const view = fc.record({ base: fc.constantFrom(DEFAULT_VIEW, WAITING), order });
const change: fc.Arbitrary<Partial<Thread>> = fc.oneof(
  // A message, now or with an old time, as when two conversations become one or come apart.
  fc.integer({ min: 0, max: 26 }).map((minutes) => ({ lastActivityAt: at(minutes) })),
  fc.constantFrom<Partial<Thread>>({ status: 'resolved' }, { status: 'open' }),
  fc.constantFrom<Partial<Thread>>({ assigneeId: ME as Thread['assigneeId'] }, { assigneeId: null }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  view.map((asked): Step => ({ type: 'page', view: { ...asked.base, order: asked.order } })),
  fc.record({ type: fc.constant('change' as const), number: fc.integer({ min: 1, max: 14 }), change }),
);

const isIn = (thread: Thread, { folder }: View): boolean =>
  thread.status !== 'resolved' && (folder === 'all' || thread.assigneeId === null);

/** The server, the client that follows it, and how far the client has loaded which list. */
class Play {
  readonly server = new Map<string, Thread>();
  readonly lists: Record<string, ListPage> = {};
  readonly #ends = new Map<string, Thread>();
  client: InboxState;
  #seq = 1;

  constructor(threads: readonly Thread[]) {
    for (const thread of threads) this.server.set(thread.id, thread);
    this.client = inboxOf(1, threads, []);
  }

  whole(asked: View): readonly Thread[] {
    const sorted = [...this.server.values()].filter((thread) => isIn(thread, asked)).sort(compareThreads);
    return asked.order === 'newest' ? sorted : sorted.reverse();
  }

  change(number: number, given: Partial<Thread>): void {
    const known = this.server.get(id('t', number)) ?? aThread(number);
    const thread = { ...known, ...given, version: known.version + 1 };
    this.server.set(thread.id, thread);
    const events = numbered(this.#seq + 1, [{ type: 'thread.updated', data: { thread } }]);
    this.client = applied(this.client, aFrame(this.#seq, this.#seq + 1, events));
    this.#seq += 1;
  }

  /** By keys as the server pages: what comes after the last one's activity and id. */
  load(asked: View): void {
    const key = viewKey(asked);
    const page = this.lists[key];
    if (page?.next === null) return;
    const end = this.#ends.get(key);
    const sign = asked.order === 'newest' ? 1 : -1;
    const rest = this.whole(asked).filter((thread) => end === undefined || sign * compareThreads(thread, end) > 0);
    const items = rest.slice(0, PAGE);
    this.client = mergeThreads(this.client, items, this.#seq);
    const last = items.at(-1);
    if (last !== undefined) this.#ends.set(key, last);
    const next = rest.length > PAGE ? 'more' : null;
    this.lists[key] = { next, frontier: last ?? page?.frontier ?? null, state: 'idle' };
  }
}

/** What is shown is the beginning of the whole, and all of it where there is no more to load. */
function expectRight(play: Play, asked: View): void {
  const whole = play.whole(asked).map((thread): string => thread.id);
  const shown = threadsInView(play.client, asked, play.lists);
  expect(shown).toEqual(whole.slice(0, shown.length));
  if (!hasMore(asked, play.lists)) expect(shown).toHaveLength(whole.length);
}

describe('a list that is loaded while the inbox goes on', () => {
  it('shows the beginning of what there is, from either end, and all of it once it is loaded', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        // Four at a time with the same activity, which is where a page may end.
        const play = new Play(
          Array.from({ length: 12 }, (_, index) =>
            aThread(index + 1, { lastActivityAt: at(Math.floor(index / 4) * 8) }),
          ),
        );
        for (const one of steps) {
          if (one.type === 'page') play.load(one.view);
          else play.change(one.number, one.change);
          for (const base of [DEFAULT_VIEW, WAITING])
            for (const end of ['newest', 'oldest'] as const) expectRight(play, { ...base, order: end });
        }
      }),
      { numRuns: 1000 },
    );
  });
});
