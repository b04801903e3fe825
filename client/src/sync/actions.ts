/** Everything a screen may do. Screens call these and read the store; they never see the socket. */
import type { Contact, PresenceState } from '../../../src/contract/entities.ts';
import type { MessageId, ThreadId } from '../../../src/contract/ids.ts';
import type { PasswordChange, Session } from '../../../src/contract/rest.ts';
import type { Beginning, DialogName, SavedSession, Screen, Store, Theme, UiState } from '../state/store.ts';
import type { Range, RangeChoice } from '../state/reports.ts';
import { withOwnThings } from '../state/persist.ts';
import { hasUnsent } from '../state/unsent.ts';
import type { View } from '../state/selectors.ts';
import { makeAdminActions, type AdminActions } from './admin-actions.ts';
import { followSelection } from './attention.ts';
import { makeCheckedActions, type CheckedActions } from './checked-actions.ts';
import { makeCommandActions, type CommandActions } from './command-actions.ts';
import { makeConversationActions, type ConversationActions } from './conversation-actions.ts';
import type { Feed } from './feed.ts';
import { makeKeptActions, type KeptActions } from './kept-actions.ts';
import { makeLoader, type Loader } from './loader.ts';
import { makeUploadActions, type UploadActions } from './uploader.ts';
import { noteSeen } from './seen.ts';
import { changePassword, login, saveSession } from './session.ts';

/** The one object through which the screens act. Nothing here throws except what is about passwords. */
export type Actions = Loader &
  UploadActions &
  ConversationActions &
  AdminActions &
  ReturnType<typeof makeSessionActions> &
  ReturnType<typeof makeWindowActions> &
  KeptActions &
  CommandActions &
  CheckedActions &
  ReturnType<typeof makeMarkActions>;

/** Logging in and out. */
function makeSessionActions(store: Store, feed: Feed) {
  const begin = (session: SavedSession): void => {
    saveSession(session);
    store.update((state) => ({ ...withOwnThings(state, session), session, loginNotice: null }));
    if (session.tenantId !== null) feed.start();
  };
  const enter = (session: Session): void => {
    const only = session.tenants.length === 1 ? session.tenants[0] : undefined;
    begin({ ...session, tenantId: only?.id ?? null });
  };
  /** The initial password that somebody has just logged in with; neither it nor its token is stored in the browser. */
  let initialPassword = '';
  return {
    /** Throws RestError with a text for the person. */
    login: async (email: string, password: string): Promise<void> => {
      const session = await login(email, password);
      if (session.passwordChangeRequired !== true) {
        enter(session);
        return;
      }
      initialPassword = password;
      store.update((state) => ({ ...state, session: { ...session, tenantId: null }, loginNotice: null }));
    },
    /** Replaces the initial password. Throws RestError. */
    choosePassword: async (next: string): Promise<void> => {
      const change = { current: initialPassword, next };
      const session = await changePassword(store.get().session?.token ?? '', change);
      initialPassword = '';
      enter(session);
    },
    /** Throws RestError. */
    changePassword: async (change: PasswordChange): Promise<void> => {
      feed.renew(await changePassword(store.get().session?.token ?? '', change));
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
    /** Logs out; asks first if something has not reached the server. */
    leave: (): void => {
      if (hasUnsent(store.get())) store.update((state) => ({ ...state, ui: { ...state.ui, dialog: 'log-out' } }));
      else feed.end(null);
    },
    reconnect: (): void => {
      feed.reconnectNow();
    },
  };
}

/** What exists only in this window: view, selection, theme. */
function makeWindowActions(store: Store) {
  const ui = (change: Partial<UiState>): void => {
    store.update((state) => ({ ...state, ui: { ...state.ui, ...change } }));
  };
  return {
    setView: (change: Partial<View>): void => {
      ui({ screen: 'inbox', view: { ...store.get().ui.view, ...change }, query: '' });
    },
    setTheme: (theme: Theme): void => {
      ui({ theme });
    },
    /** Remembers the catalog to suggest the next time somebody sends products through this number. */
    rememberCatalog: (accountId: string, catalogId: string): void => {
      ui({ catalogs: { ...store.get().ui.catalogs, [accountId]: catalogId } });
    },
    /** Goes to another screen; the open conversation stays as it is. */
    goTo: (screen: Screen): void => {
      ui({ screen });
    },
    /** Chooses the days of the reports. */
    chooseReported: (reported: RangeChoice): void => {
      ui({ reported });
    },
    /** Changes one of the two days, keeping the current other one, which may not have been drawn yet. */
    chooseReportedDay: (day: Partial<Range>): void => {
      const { reported } = store.get().ui;
      if (reported.kind === 'own') ui({ reported: { ...reported, ...day } });
    },
    toggleDetails: (): void => {
      ui({ isDetailsOpen: !store.get().ui.isDetailsOpen });
    },
    openDialog: (dialog: DialogName): void => {
      ui({ dialog });
    },
    /** Does nothing when another one is open by now. */
    closeDialog: (dialog: DialogName): void => {
      if (store.get().ui.dialog === dialog) ui({ dialog: null });
    },
    /** Opens the form for a new conversation. */
    startConversation: (beginning: Beginning): void => {
      ui({ beginning });
    },
    closeBeginning: (): void => {
      ui({ beginning: null });
    },
    /** Opens the dialog that asks whether to erase somebody. */
    askToErase: (erasing: Contact): void => {
      ui({ erasing });
    },
    closeErasing: (): void => {
      ui({ erasing: null });
    },
    /** Remembers what has been seen of the open conversation, if nothing of it is unread. */
    noteSeen: (): void => {
      store.update(noteSeen);
    },
  };
}

/** Signals that may get lost: reading, typing, presence. */
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

/** Builds the actions over the store and the feed, and begins to follow the selection. */
export function makeActions(store: Store, feed: Feed): Actions {
  const loader = makeLoader(store, feed);
  followSelection(store, (name, input) => feed.ask(name, input as never), loader);
  return {
    ...makeSessionActions(store, feed),
    ...makeWindowActions(store),
    ...makeKeptActions(store),
    ...makeCommandActions(store, feed),
    ...makeCheckedActions(store, feed),
    ...makeMarkActions(feed),
    ...makeUploadActions(store, feed),
    ...makeConversationActions(store, feed),
    ...makeAdminActions(store, feed),
    ...loader,
  };
}
