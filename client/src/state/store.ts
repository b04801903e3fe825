/** The whole state of the client in one value, and a store that tells React about changes at most once per frame. */
import type { Aim } from './aim.ts';
import { NO_HITS, type Finding, type Hits } from './finding.ts';
import type { KeptForms } from './forms.ts';
import type { Contact, Member, Tenant, User } from '../../../src/contract/entities.ts';
import type { Session } from '../../../src/contract/rest.ts';
import type { Batches } from '../sync/batch.ts';
import { EMPTY_OUTBOX, type Outbox } from '../sync/outbox.ts';
import type { SendableFile } from '../sync/stored-file.ts';
import type { Uploads } from '../sync/uploads.ts';
import { INITIAL_MACHINE, type Machine } from '../sync/update-machine.ts';
import { NOBODY, type VolatileState } from '../sync/volatile.ts';
import { NOTHING_CHECKED, type Checked } from './checked.ts';
import type { Seen } from './reading.ts';
import { FIRST_CHOICE, type RangeChoice } from './reports.ts';
import { DEFAULT_VIEW, EVERYWHERE, type ListPage, type Scope, type SearchState, type View } from './selectors.ts';

/** A session and the tenant whose inbox is open; `tenantId` is null until the person has chosen one. */
export interface SavedSession extends Session {
  readonly tenantId: string | null;
}

/** `system` follows the machine's setting. */
export type Theme = 'system' | 'light' | 'dark';

/** Unsent text of a thread. */
export interface Draft {
  readonly reply: string;
  readonly note: string;
}

/** What is known so far of a new conversation: the number it goes through and who it is with. */
export interface Beginning {
  readonly accountId: string | null;
  readonly to: string;
}

/** A screen of the client. */
export type Screen = 'inbox' | 'numbers' | 'members' | 'team' | 'replies' | 'reports';

/** What can be opened over every screen. */
export type DialogName = 'palette' | 'help' | 'password' | 'log-out';

/** State that belongs to this window alone: what is open, selected and typed. */
export interface UiState {
  readonly screen: Screen;
  readonly view: View;
  readonly query: string;
  /** Where the search looks. */
  readonly scope: Scope;
  readonly selectedId: string | null;
  readonly isDetailsOpen: boolean;
  /** What is open over everything; null when nothing is. */
  readonly dialog: DialogName | null;
  /** The form for a new conversation; null while it is closed. */
  readonly beginning: Beginning | null;
  /** The contact in the erase dialog; null while it is closed. */
  readonly erasing: Contact | null;
  readonly theme: Theme;
  /** The days that the reports cover. */
  readonly reported: RangeChoice;
  /** The catalog that products were last sent from, by number. */
  readonly catalogs: Readonly<Record<string, string>>;
}

/** A selected conversation that is in no loaded list. It is requested on its own, once per snapshot. */
export interface Sought {
  readonly threadId: string;
  readonly generation: number;
  /** `missing`: it does not exist, or this person may not see it. */
  readonly state: 'loading' | 'missing' | 'failed';
}

/** Everything a screen can show. */
export interface AppState {
  readonly session: SavedSession | null;
  /** Why the person has to log in again, as a sentence; null at the first visit. */
  readonly loginNotice: string | null;
  /**
   * Person and tenant that the drafts, files, forms and unsent commands belong to. Stays set after the session ends.
   */
  readonly owner: string | null;
  readonly me: { readonly user: User; readonly member: Member; readonly tenant: Tenant } | null;
  readonly machine: Machine;
  /** Why the client does not reconnect by itself; null when it does. */
  readonly standDown: 'superseded' | null;
  readonly outbox: Outbox;
  /** Those that run or wait, and those whose outcome was not closed yet. */
  readonly batches: Batches;
  readonly checked: Checked;
  readonly uploads: Uploads;
  /** Files chosen but not sent yet, per thread; a reload forgets them. */
  readonly tray: Readonly<Record<string, readonly SendableFile[]>>;
  /** Forms begun but not sent yet, per thread; a reload forgets them. */
  readonly forms: Readonly<Record<string, KeptForms>>;
  readonly volatile: VolatileState;
  readonly lists: Readonly<Record<string, ListPage>>;
  readonly search: SearchState | null;
  /** What the search of the list has found in texts. */
  readonly hits: Hits;
  /** The search in the open conversation; null while it is closed. */
  readonly finding: Finding | null;
  /** The message that the open conversation is to show; null for its newest. */
  readonly aim: Aim | null;
  readonly sought: Sought | null;
  /** What was there when nothing of the open conversation was unread; null from its opening until then. */
  readonly seen: Seen | null;
  readonly drafts: Readonly<Record<string, Draft>>;
  /** Conversations that were erased while this window knew of them. */
  readonly erased: ReadonlySet<string>;
  readonly ui: UiState;
}

export const INITIAL_APP: AppState = {
  session: null,
  loginNotice: null,
  owner: null,
  me: null,
  machine: INITIAL_MACHINE,
  standDown: null,
  outbox: EMPTY_OUTBOX,
  batches: [],
  checked: NOTHING_CHECKED,
  uploads: [],
  tray: {},
  forms: {},
  volatile: NOBODY,
  lists: {},
  search: null,
  hits: NO_HITS,
  finding: null,
  aim: null,
  sought: null,
  seen: null,
  drafts: {},
  erased: new Set(),
  ui: {
    screen: 'inbox',
    view: DEFAULT_VIEW,
    query: '',
    scope: EVERYWHERE,
    selectedId: null,
    isDetailsOpen: true,
    dialog: null,
    beginning: null,
    erasing: null,
    theme: 'system',
    reported: FIRST_CHOICE,
    catalogs: {},
  },
};

/** Holds the state. `get` is always current; subscribers are notified at most every 16 ms. */
export interface Store {
  readonly get: () => AppState;
  readonly update: (change: (state: AppState) => AppState) => void;
  readonly subscribe: (listener: () => void) => () => void;
}

const FRAME_MS = 16;

/** Makes a store. It uses timers, not animation frames, because a hidden tab must keep its title current. */
export function makeStore(initial: AppState, now: () => number): Store {
  let state = initial;
  let lastAt = 0;
  let isScheduled = false;
  const listeners = new Set<() => void>();
  const notify = (): void => {
    isScheduled = false;
    lastAt = now();
    for (const listener of listeners) listener();
  };
  return {
    get: () => state,
    update: (change) => {
      const next = change(state);
      if (next === state) return;
      state = next;
      if (isScheduled) return;
      isScheduled = true;
      const wait = Math.max(0, FRAME_MS - (now() - lastAt));
      if (wait === 0) queueMicrotask(notify);
      else setTimeout(notify, wait);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
