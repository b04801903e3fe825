/** Loads a conversation's messages: the newest, those before them, and those around a message somewhere in it. */
import type { CommandInput } from '../../../src/contract/commands.ts';
import type { MessageId, ThreadId } from '../../../src/contract/ids.ts';
import type { Ack } from '../../../src/contract/socket.ts';
import type { Aim } from '../state/aim.ts';
import type { Store } from '../state/store.ts';
import { beginTimeline, changeTimeline, failTimeline, keepTimelines, mergeMessages } from './apply-event.ts';
import { askedNow, askPatiently, withInbox, type Server } from './asking.ts';
import type { InboxState, Timeline } from './model.ts';
import { addNewer, addOlder, showNewest, shownOf, showPage, type MessagePage } from './timelines.ts';

const PAGE = 50;
/** Timelines kept loaded, and therefore up to date, besides the open one. */
const KEPT = 12;

/** What screens may ask for. */
export interface TimelineLoader {
  readonly loadTimeline: (threadId: string) => void;
  /** The next older page of what is shown. False when it did not come or there is none. */
  readonly loadOlder: (threadId: string) => Promise<boolean>;
  /** The same for the next newer page, while what is shown does not reach the newest message. */
  readonly loadNewer: (threadId: string) => Promise<boolean>;
  /** Shows the messages around the one that the conversation is to show. */
  readonly loadAim: (aim: Aim) => Promise<void>;
  /** Shows the newest messages again. */
  readonly showNewest: (threadId: string) => void;
}

type Place = Pick<CommandInput<'thread:messages'>, 'before' | 'after' | 'around'>;
type Change = (inbox: InboxState, answer: Ack<'thread:messages'> | null) => InboxState;

/** The most recently opened conversations, latest first. */
function makeRecent() {
  const recent: string[] = [];
  return (threadId: string): ReadonlySet<string> => {
    const at = recent.indexOf(threadId);
    if (at >= 0) recent.splice(at, 1);
    recent.unshift(threadId);
    recent.length = Math.min(recent.length, KEPT);
    return new Set(recent);
  };
}

type Load = (threadId: string, place: Place, changed: Change) => Promise<Ack<'thread:messages'> | null>;

/** Null: not to be had, or the inbox was loaded anew meanwhile, in which case nothing was changed. */
function makeLoad(store: Store, server: Server): Load {
  return async (threadId, place, changed) => {
    const { generation } = askedNow(store.get());
    const isCurrent = (): boolean => store.get().machine.generation === generation;
    const input = { threadId: threadId as ThreadId, limit: PAGE, ...place };
    // Leafing quickly asks for a lot. The conversation at which the person stopped is requested again.
    const answer = await askPatiently(
      () => server.ask('thread:messages', input),
      () => isCurrent() && store.get().ui.selectedId === threadId,
    );
    if (!isCurrent()) return null;
    store.update((state) => withInbox(state, (inbox) => changed(inbox, answer)));
    return answer;
  };
}

function makeAimLoader(store: Store, load: Load): TimelineLoader['loadAim'] {
  const settle = (from: Aim, state: Aim['state']): void => {
    store.update((app) => (app.aim === from ? { ...app, aim: { ...from, state } } : app));
  };
  return async (wanted) => {
    settle(wanted, 'loading');
    const { aim, machine } = store.get();
    if (aim?.state !== 'loading') return;
    const answer = await load(aim.threadId, { around: aim.messageId as MessageId }, (inbox, got) => {
      if (got?.ok !== true || store.get().aim !== aim) return inbox;
      return changeTimeline(inbox, aim.threadId, (timeline) => showPage(timeline, got.data));
    });
    if (answer?.ok === true) settle(aim, 'reached');
    else if (answer?.ok === false) settle(aim, answer.error.code === 'not_found' ? 'missing' : 'failed');
    else {
      // Lost with the connection, or with what was loaded before: it is requested again.
      const now = store.get().machine;
      settle(aim, now.isReady && now.generation === machine.generation ? 'failed' : 'wanted');
    }
  };
}

/** Builds the loader. */
export function makeTimelineLoader(store: Store, server: Server): TimelineLoader {
  const remember = makeRecent();
  const load = makeLoad(store, server);
  const timelineOf = (threadId: string): Timeline | undefined => store.get().machine.inbox.timelines.get(threadId);
  const loadNewest = async (threadId: string, place: Place): Promise<boolean> => {
    const answer = await load(threadId, place, (inbox, got) =>
      got?.ok === true ? mergeMessages(inbox, threadId, got.data) : failTimeline(inbox, threadId),
    );
    return answer?.ok === true;
  };
  const loadBeside = async (
    threadId: string,
    place: Place,
    add: (timeline: Timeline, page: MessagePage) => Timeline,
  ): Promise<boolean> => {
    const answer = await load(threadId, place, (inbox, got) =>
      got?.ok !== true ? inbox : changeTimeline(inbox, threadId, (timeline) => add(timeline, got.data)),
    );
    return answer?.ok === true;
  };
  return {
    loadTimeline: (threadId) => {
      const kept = remember(threadId);
      store.update((state) => withInbox(state, (inbox) => keepTimelines(beginTimeline(inbox, threadId), kept)));
      void loadNewest(threadId, {});
    },
    loadOlder: async (threadId) => {
      const timeline = timelineOf(threadId);
      const before = timeline === undefined ? null : shownOf(timeline).olderCursor;
      if (timeline === undefined || before === null) return false;
      if (timeline.elsewhere === null) return await loadNewest(threadId, { before });
      return await loadBeside(threadId, { before }, (shown, page) => addOlder(shown, page, before));
    },
    loadNewer: async (threadId) => {
      const after = timelineOf(threadId)?.elsewhere?.newerCursor;
      if (after === undefined) return false;
      return await loadBeside(threadId, { after }, (shown, page) => addNewer(shown, page, after));
    },
    loadAim: makeAimLoader(store, load),
    showNewest: (threadId) => {
      store.update((state) => ({
        ...withInbox(state, (inbox) => changeTimeline(inbox, threadId, showNewest)),
        aim: null,
      }));
    },
  };
}
