/** Everything a screen may do. Screens call these and read the store; they never see the socket. */
import { serverNow } from '../clock.ts';
import type { PresenceState, ThreadStatus } from '../../../src/contract/entities.ts';
import type { MessageId, ThreadId } from '../../../src/contract/ids.ts';
import type { Draft, Store, Theme, UiState } from '../state/store.ts';
import type { View } from '../state/selectors.ts';
import type { Feed } from './feed.ts';
import { makeLoader, type Loader } from './loader.ts';
import { MAX_OUTBOX, remove, renew, type DurableName, type Entry, type NewEntry } from './outbox.ts';
import { login, saveSession, type SavedSession } from './session.ts';

/** What a reply may carry besides its text. */
interface ReplyOptions {
  readonly replyToMessageId?: string;
  /** The newest message on screen; the server refuses with `stale_view` when a newer one exists. */
  readonly seenMessageId?: string;
}

/** A template by name with the texts of its body's placeholders. */
interface TemplateChoice {
  readonly name: string;
  readonly language: string;
  readonly parameters: readonly string[];
}

/** The one object through which the screens act. Nothing here throws except `login`. */
export type Actions = Loader &
  ReturnType<typeof makeWindowActions> &
  ReturnType<typeof makeCommandActions> &
  ReturnType<typeof makeMarkActions>;

/** Refreshing a viewing lease well within its 30 s. */
const LEASE_MS = 20_000;

function templateOf(choice: TemplateChoice): Record<string, unknown> {
  const parameters = choice.parameters.map((text) => ({ type: 'text', text }));
  const base = { name: choice.name, language: choice.language };
  return parameters.length === 0 ? base : { ...base, components: [{ type: 'body', parameters }] };
}

/** Session and window: logging in and out, view, selection, theme, drafts. */
function makeWindowActions(store: Store, feed: Feed) {
  const ui = (change: Partial<UiState>): void => {
    store.update((state) => ({ ...state, ui: { ...state.ui, ...change } }));
  };
  const begin = (session: SavedSession): void => {
    saveSession(session);
    store.update((state) => ({ ...state, session, loginNotice: null }));
    if (session.tenantId !== null) feed.start();
  };
  return {
    /** Throws RestError with words for the person. */
    login: async (email: string, password: string): Promise<void> => {
      const session = await login(email, password);
      const only = session.tenants.length === 1 ? session.tenants[0] : undefined;
      begin({ ...session, tenantId: only?.id ?? null });
    },
    resume: (session: SavedSession): void => {
      begin(session);
    },
    chooseTenant: (tenantId: string): void => {
      const { session } = store.get();
      if (session !== null) begin({ ...session, tenantId });
    },
    logout: (): void => {
      feed.end(null);
    },
    reconnect: (): void => {
      feed.reconnectNow();
    },
    setView: (change: Partial<View>): void => {
      ui({ view: { ...store.get().ui.view, ...change }, query: '' });
    },
    setTheme: (theme: Theme): void => {
      ui({ theme });
    },
    toggleDetails: (): void => {
      ui({ isDetailsOpen: !store.get().ui.isDetailsOpen });
    },
    showHelp: (isHelpOpen: boolean): void => {
      ui({ isHelpOpen });
    },
    select: (selectedId: string | null): void => {
      const before = store.get().ui.selectedId;
      if (before === selectedId) return;
      if (before !== null) void feed.ask('thread:close', { threadId: before as ThreadId });
      ui({ selectedId });
      if (selectedId !== null) void feed.ask('thread:open', { threadId: selectedId as ThreadId });
    },
    saveDraft: (threadId: string, draft: Draft): void => {
      store.update((state) => {
        const others = Object.entries(state.drafts).filter(([id]) => id !== threadId);
        const isEmpty = draft.reply.trim() === '' && draft.note.trim() === '';
        return { ...state, drafts: Object.fromEntries(isEmpty ? others : [...others, [threadId, draft]]) };
      });
    },
  };
}

/** Commands that must arrive once: they go through the outbox. */
function makeCommandActions(store: Store, feed: Feed) {
  const submit = (
    name: DurableName,
    threadId: string,
    input: NewEntry['input'],
    seen: Pick<NewEntry, 'seenAssigneeId'> = {},
  ): boolean => {
    if (store.get().outbox.length >= MAX_OUTBOX) return false;
    const createdAt = new Date(serverNow()).toISOString();
    feed.submit({ commandId: crypto.randomUUID(), name, threadId, input, createdAt, ...seen });
    return true;
  };
  const drop = (commandId: string): void => {
    store.update((state) => ({ ...state, outbox: remove(state.outbox, commandId) }));
  };
  return {
    /** False when too many commands wait already. */
    sendText: (threadId: string, text: string, options: ReplyOptions = {}): boolean =>
      submit('message:send', threadId, { threadId, kind: 'text', text, ...options }),
    sendTemplate: (threadId: string, choice: TemplateChoice): boolean =>
      submit('message:send', threadId, { threadId, kind: 'template', template: templateOf(choice) }),
    /** An empty emoji takes the reaction back. */
    react: (threadId: string, messageId: string, emoji: string): boolean =>
      submit('message:send', threadId, { threadId, kind: 'reaction', reaction: { messageId, emoji } }),
    retryMessage: (threadId: string, messageId: string): boolean => submit('message:retry', threadId, { messageId }),
    addNote: (threadId: string, text: string, mentions: readonly string[]): boolean =>
      submit('note:add', threadId, { threadId, text, ...(mentions.length === 0 ? {} : { mentions }) }),
    /** Refused with `conflict` when somebody else took the thread since we last saw it. */
    assign: (threadId: string, assigneeId: string | null): boolean => {
      const thread = store.get().machine.inbox.threads.get(threadId);
      if (thread === undefined || assigneeId === null)
        return submit('thread:assign', threadId, { threadId, assigneeId });
      const input = { threadId, assigneeId, expectedVersion: thread.version };
      return submit('thread:assign', threadId, input, { seenAssigneeId: thread.assigneeId });
    },
    setStatus: (threadId: string, status: ThreadStatus, snoozeUntil?: string): boolean =>
      submit('thread:set-status', threadId, {
        threadId,
        status,
        ...(snoozeUntil === undefined ? {} : { snoozeUntil }),
      }),
    setTags: (threadId: string, change: { add?: readonly string[]; remove?: readonly string[] }): boolean =>
      submit('thread:set-tags', threadId, { threadId, ...change }),
    /** A refused command once more, as a new intent; `dropped` fields are left out. */
    retryCommand: (entry: Entry, dropped: readonly string[] = []): void => {
      drop(entry.commandId);
      feed.submit(renew(entry, crypto.randomUUID(), dropped));
    },
    dismiss: drop,
  };
}

/** Marks that may get lost: reading, typing, presence. */
function makeMarkActions(feed: Feed) {
  return {
    markRead: (threadId: string, upToMessageId: string, receipt: boolean): void => {
      const input = { threadId: threadId as ThreadId, upToMessageId: upToMessageId as MessageId };
      void feed.ask('thread:read', { ...input, ...(receipt ? { receipt } : {}) });
    },
    setTyping: (threadId: string, typing: boolean): void => {
      void feed.ask('typing:set', { threadId: threadId as ThreadId, typing });
    },
    setPresence: (state: PresenceState): void => {
      void feed.ask('presence:set', { state });
    },
  };
}

/** Follows the selection: keeps its viewing lease and loads its timeline whenever that is missing. */
function followSelection(store: Store, feed: Feed, loadTimeline: (threadId: string) => void): void {
  let wasReady = false;
  const renewLease = (): void => {
    const { machine, ui } = store.get();
    if (machine.isReady && ui.selectedId !== null)
      void feed.ask('thread:open', { threadId: ui.selectedId as ThreadId });
  };
  setInterval(renewLease, LEASE_MS);
  store.subscribe(() => {
    const { machine, ui } = store.get();
    const isFresh = machine.isReady && !wasReady;
    if (isFresh) renewLease();
    wasReady = machine.isReady;
    const id = ui.selectedId;
    if (id === null || machine.snapshot !== 'none' || !machine.inbox.threads.has(id)) return;
    const isMissing = !machine.inbox.timelines.has(id);
    const hasFailed = isFresh && machine.inbox.timelines.get(id)?.state === 'failed';
    if (isMissing || hasFailed) loadTimeline(id);
  });
}

/** Builds the actions over the store and the feed, and begins to follow the selection. */
export function makeActions(store: Store, feed: Feed): Actions {
  const loader = makeLoader(store, feed);
  followSelection(store, feed, loader.loadTimeline);
  return {
    ...makeWindowActions(store, feed),
    ...makeCommandActions(store, feed),
    ...makeMarkActions(feed),
    ...loader,
  };
}
