/** Checking conversations in the list, and changing all that are checked. */
import type { Thread } from '../../../src/contract/entities.ts';
import { serverNow } from '../clock.ts';
import { allChecked, checkedAmong, checkedUpTo, NOTHING_CHECKED, toggled, type Checked } from '../state/checked.ts';
import { rowsOf } from '../state/rows.ts';
import type { AppState, Store } from '../state/store.ts';
import { progressOf } from './batch.ts';
import { MAX_OUTBOX, type NewEntry } from './outbox.ts';
import type { Change } from './thread-changes.ts';

/** Where commands go, and from where they are taken back. */
interface Commands {
  submit(entry: NewEntry): void;
  drop(commandId: string): void;
}

/** What screens may do. */
export type CheckedActions = ReturnType<typeof makeCheckedActions>;

/** The checked conversations as they are now, from the top of the list. None that the list does not show. */
function checkedThreads(state: AppState): readonly Thread[] {
  return rowsOf(state)
    .filter((id) => state.checked.ids.has(id))
    .map((id) => state.machine.inbox.threads.get(id))
    .filter((thread) => thread !== undefined);
}

/** Builds the actions over the store. */
export function makeCheckedActions(store: Store, commands: Commands) {
  const check = (change: (checked: Checked, rows: readonly string[]) => Checked): void => {
    store.update((state) => {
      const checked = change(state.checked, rowsOf(state));
      return checked === state.checked ? state : { ...state, checked };
    });
  };
  const closeBatch = (): void => {
    const { batch, outbox } = store.get();
    const progress = batch === null ? null : progressOf(batch, outbox);
    if (progress === null || progress.isRunning) return;
    for (const { commandId } of progress.refused) commands.drop(commandId);
    store.update((state) => ({ ...state, batch: null }));
  };
  /** With the next thing that the person selects, the last outcome has been read, unless something was refused. */
  const leaveSuccess = (): void => {
    const { batch, outbox } = store.get();
    if (batch !== null && progressOf(batch, outbox).refused.length === 0) closeBatch();
  };
  return {
    /** Checks a row of the list, or unchecks it; a conversation that the list does not show stays as it is. */
    toggleChecked: (threadId: string): void => {
      leaveSuccess();
      check((checked, rows) => (rows.includes(threadId) ? toggled(checked, threadId) : checked));
    },
    /** Checks the rows from the last one, or from the open conversation, to this one. */
    checkUpTo: (threadId: string): void => {
      leaveSuccess();
      const { selectedId } = store.get().ui;
      check((checked, rows) =>
        rows.includes(threadId) ? checkedUpTo(checked, rows, checked.last ?? selectedId, threadId) : checked,
      );
    },
    checkAll: (): void => {
      leaveSuccess();
      check((_, rows) => allChecked(rows));
    },
    uncheckAll: (): void => {
      check(() => NOTHING_CHECKED);
    },
    /** Unchecks what has left the list. */
    uncheckGone: (): void => {
      if (store.get().checked.ids.size > 0) check(checkedAmong);
    },
    /**
     * Does the same to every checked conversation; null: this one needs no change. False when another batch is not done
     * yet, or too many commands are waiting already: then nothing is done.
     */
    changeChecked: (label: string, changeOf: (thread: Thread) => Change | null): boolean => {
      const state = store.get();
      if (state.batch !== null && progressOf(state.batch, state.outbox).isRunning) return false;
      const threads = checkedThreads(state);
      if (threads.length === 0) return true;
      const changes = threads.map(changeOf).filter((change) => change !== null);
      const kept = state.outbox.filter(({ batchId }) => batchId === undefined);
      if (kept.length + changes.length > MAX_OUTBOX) return false;
      closeBatch();
      const batchId = crypto.randomUUID();
      const [size, done] = [threads.length, threads.length - changes.length];
      store.update((before) => ({ ...before, batch: { id: batchId, label, size, done, erased: 0 } }));
      const createdAt = new Date(serverNow()).toISOString();
      for (const change of changes) commands.submit({ ...change, commandId: crypto.randomUUID(), createdAt, batchId });
      return true;
    },
    /** Leaves the outcome of the last batch; its refused commands are given up. Does nothing while it is running. */
    closeBatch,
  };
}
