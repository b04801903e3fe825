/** Keyboard shortcuts. Plain keys act only while nothing is being typed; Alt+J, Alt+K and the palette's key always do. */
import { useEffect } from 'react';
import { actions, store } from '../state/app.ts';
import { DETAILS_MIN_PX } from '../state/persist.ts';
import { seesConversations, shownScreen } from '../state/role.ts';
import { isOfComposition } from '../components/composition.ts';
import { findKey, isFindKey, isPaletteKey, paletteKey } from '../components/palette-key.ts';
import { FIND_ID } from '../components/find-bar.tsx';
import { composerPort } from '../components/composer/composer-port.ts';
import { putAside } from '../components/put-aside.ts';
import { snoozePort } from '../components/snooze-port.ts';
import { wantTagField } from '../components/tag-port.ts';
import type { CommandKey } from './palette/command.ts';
import { neighbour } from './use-rows.ts';

/** The shortcuts as listed in the help dialog. */
export const SHORTCUTS: readonly (readonly [string, string])[] = [
  [paletteKey(), 'Commands: all you can do, and every conversation'],
  ['J / K', 'Next, previous conversation (Alt+J, Alt+K while typing)'],
  ['R', 'Reply'],
  ['N', 'Internal note'],
  ['I or A', 'Assign to me'],
  ['E', 'Resolve; Shift+E also goes to the next'],
  ['Z', 'Snooze'],
  ['T', 'Add a tag'],
  ['U', 'Mark as unread, and close'],
  ['X', 'Select; Shift+X also those in between'],
  ['C', 'New conversation'],
  ['1 2 3', 'Mine, unassigned, all'],
  [findKey(), 'Search in the open conversation; Enter and Shift+Enter go from hit to hit'],
  ['/', 'Search; Enter opens the first that is found. In an empty reply or note: saved replies'],
  [']', 'Details'],
  ['?', 'This help'],
  ['Esc', 'Close, leave a field, select none, leave the conversation'],
];

/** Has had the focus since before another conversation was opened by key, or a command was chosen by its name. */
let leftBehind: Element | null = null;

/** Until the focus moves, the open conversation is meant and not the row that has the focus. */
export function meanTheOpenOne(): void {
  leftBehind = document.activeElement;
}

const go = (step: 1 | -1): void => {
  const next = neighbour(step);
  if (next === null) return;
  void actions.open(next);
  meanTheOpenOne();
};

/** The conversation whose row has the focus, or else the open one. */
function pointedAt(): string | null {
  const focused = document.activeElement;
  const row = focused === leftBehind ? null : focused?.closest<HTMLElement>('[data-row]');
  return row?.dataset['row'] ?? store.get().ui.selectedId;
}

const withPointedAt = (act: (threadId: string) => void) => (): void => {
  const threadId = pointedAt();
  if (threadId !== null) act(threadId);
};

function resolve(andGoOn: boolean): void {
  const { selectedId } = store.get().ui;
  if (selectedId === null || store.get().machine.inbox.threads.get(selectedId)?.status === 'resolved') return;
  const next = andGoOn ? (neighbour(1) ?? neighbour(-1)) : null;
  actions.setStatus(selectedId, 'resolved');
  if (next !== null) actions.select(next);
}

function takeIt(): void {
  const { ui, machine } = store.get();
  const thread = ui.selectedId === null ? undefined : machine.inbox.threads.get(ui.selectedId);
  if (thread !== undefined && machine.inbox.me !== null && thread.assigneeId !== machine.inbox.me)
    actions.assign(thread.id, machine.inbox.me);
}

function leaveUnread(): void {
  const { ui, machine } = store.get();
  if (ui.selectedId !== null && machine.inbox.threads.has(ui.selectedId)) putAside(ui.selectedId);
}

/** The tag field is in the details, which may have to be opened first. */
function addTag(): void {
  const { ui, machine } = store.get();
  if (ui.selectedId === null || !machine.inbox.threads.has(ui.selectedId)) return;
  wantTagField();
  if (!ui.isDetailsOpen) actions.toggleDetails();
}

/**
 * Whether another screen than the inbox is shown. Then no conversation is on screen, so shortcuts must not act on one.
 */
const isBeside = (): boolean => shownScreen(store.get()) !== 'inbox';

/** Fields that take keys as text or choice. A box to check takes none but the space bar. */
const FIELD = 'input:not([type=checkbox]), textarea, select';

function escape(): void {
  const { ui } = store.get();
  const focused = document.activeElement;
  if (focused instanceof HTMLElement && focused.matches(FIELD)) focused.blur();
  else if (isBeside()) return;
  else if (ui.isDetailsOpen && ui.selectedId !== null && innerWidth < DETAILS_MIN_PX) actions.toggleDetails();
  else if (store.get().finding !== null) actions.closeFind();
  else if (store.get().checked.ids.size > 0) actions.uncheckAll();
  else if (ui.query !== '') actions.setQuery('');
  else actions.select(null);
}

type Keys = Readonly<Record<string, () => void>>;

const EVERYWHERE = {
  c: () => {
    if (seesConversations(store.get())) actions.startConversation({ accountId: null, to: '' });
  },
  '1': () => {
    actions.setView({ folder: 'mine' });
  },
  '2': () => {
    actions.setView({ folder: 'unassigned' });
  },
  '3': () => {
    actions.setView({ folder: 'all' });
  },
  '?': () => {
    actions.openDialog('help');
  },
} satisfies Keys;

const IN_THE_INBOX = {
  ...EVERYWHERE,
  j: () => {
    go(1);
  },
  k: () => {
    go(-1);
  },
  r: () => composerPort.current?.focus('reply'),
  n: () => composerPort.current?.focus('note'),
  e: () => {
    resolve(false);
  },
  E: () => {
    resolve(true);
  },
  a: takeIt,
  i: takeIt,
  z: () => snoozePort.current?.(),
  t: addTag,
  u: leaveUnread,
  x: withPointedAt(actions.toggleChecked),
  X: withPointedAt(actions.checkUpTo),
  '/': () => document.getElementById('search')?.focus(),
  ']': () => {
    actions.toggleDetails();
  },
} satisfies Keys;

/** Does what the key does in the inbox. */
export const press = (key: CommandKey): void => {
  IN_THE_INBOX[key]();
};

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches(`${FIELD}, [contenteditable]`);

/** Alt+J and Alt+K, recognized by the key's position, because Alt changes the letter on some keyboards. */
function onAltKey(event: KeyboardEvent): void {
  if ((event.code !== 'KeyJ' && event.code !== 'KeyK') || isBeside()) return;
  event.preventDefault();
  go(event.code === 'KeyJ' ? 1 : -1);
}

/** Whether a modal dialog is open. It then gets all keys, wherever in it the focus is. */
const isCovered = (): boolean => document.querySelector('dialog:modal') !== null;

/** Whether the key is already used for something else. */
const isTaken = (event: KeyboardEvent): boolean =>
  event.defaultPrevented || event.ctrlKey || event.metaKey || isOfComposition(event) || isCovered();

function onPaletteKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || isCovered()) return;
  event.preventDefault();
  if (!event.repeat) actions.openDialog('palette');
}

/** Opens the search in the open conversation. Pressed there once more, the key is the browser's. */
function onFindKey(event: KeyboardEvent): void {
  const field = document.getElementById(FIND_ID);
  const isElsewhere = isBeside() || isCovered() || store.get().ui.selectedId === null;
  if (event.defaultPrevented || isElsewhere || (field !== null && field === document.activeElement)) return;
  event.preventDefault();
  if (field instanceof HTMLInputElement) field.select();
  else actions.openFind();
}

function onKey(event: KeyboardEvent): void {
  if (isPaletteKey(event)) {
    onPaletteKey(event);
    return;
  }
  if (isFindKey(event)) {
    onFindKey(event);
    return;
  }
  if (isTaken(event)) return;
  if (event.altKey) {
    onAltKey(event);
    return;
  }
  if (event.key === 'Escape') {
    escape();
    return;
  }
  const keys: Keys = isBeside() ? EVERYWHERE : IN_THE_INBOX;
  const act = isTyping(event.target) ? undefined : keys[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
}

/** A dialog only borrows the focus. */
const onFocus = ({ target }: FocusEvent): void => {
  if (target !== leftBehind && !isCovered()) leftBehind = null;
};

/** Listens for shortcuts while the component is mounted. */
export function useShortcuts(): void {
  useEffect(() => {
    document.addEventListener('keydown', onKey);
    document.addEventListener('focusin', onFocus);
    return () => {
      document.removeEventListener('keydown', onKey);
      document.removeEventListener('focusin', onFocus);
    };
  }, []);
}
