/** Checking conversations in the list, and changing all that are checked. */
import type { Thread } from '../../../src/contract/entities.ts';
import { serverNow } from '../clock.ts';
import { allChecked, checkedAmong, checkedUpTo, NOTHING_CHECKED, toggled, type Checked } from '../state/checked.ts';
import { rowsOf } from '../state/rows.ts';
import type { AppState, Store } from '../state/store.ts';
import { progressOf, stop, type Batch } from './batch.ts';
import { MAX_OUTBOX, type NewEntry } from './outbox.ts';
import type { Change } from './thread-changes.ts';

/** So many batches may be under way. */
const MOST_BATCHES = 5;
/** Of the outbox, so many commands are left for what is done to a single conversation. */
const LEFT_FOR_SINGLE = 50;

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

/** Whether another batch of so many commands may begin. Those that are over make room for it. */
function hasRoom({ batches, outbox }: AppState, count: number): boolean {
  const over = new Set(batches.filter((batch) => !progressOf(batch, outbox).isRunning).map(({ id }) => id));
  const kept = outbox.filter(({ batchId }) => batchId === undefined || !over.has(batchId));
  return batches.length - over.size < MOST_BATCHES && kept.length + count <= MAX_OUTBOX - LEFT_FOR_SINGLE;
}

/** Builds the actions over the store. */
export function makeCheckedActions(store: Store, commands: Commands) {
  const check = (change: (checked: Checked, rows: readonly string[]) => Checked): void => {
    store.update((state) => {
      const checked = change(state.checked, rowsOf(state));
      return checked === state.checked ? state : { ...state, checked };
    });
  };
  const progress = (batch: Batch) => progressOf(batch, store.get().outbox);
  const close = (batch: Batch): void => {
    const { isRunning: goesOn, refused } = progress(batch);
    if (goesOn) return;
    for (const { commandId } of refused) commands.drop(commandId);
    store.update((state) => ({ ...state, batches: state.batches.filter(({ id }) => id !== batch.id) }));
  };
  /** With the next thing that the person selects, the last outcomes have been read, unless something was refused. */
  const leaveSuccess = (): void => {
    for (const batch of store.get().batches) if (progress(batch).refused.length === 0) close(batch);
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
     * Does the same to every checked conversation, after what other batches still have to do; null: this one needs no
     * change. The outcomes of those that are over are left. False when too much is waiting already: nothing is done.
     */
    changeChecked: (label: string, changeOf: (thread: Thread) => Change | null): boolean => {
      const state = store.get();
      const threads = checkedThreads(state);
      if (threads.length === 0) return true;
      const changes = threads.map(changeOf).filter((change) => change !== null);
      if (!hasRoom(state, changes.length)) return false;
      for (const batch of state.batches) close(batch);
      const batchId = crypto.randomUUID();
      const size = threads.length;
      const batch = { id: batchId, label, size, done: size - changes.length, erased: 0, stopped: 0 };
      store.update((before) => ({ ...before, batches: [...before.batches, batch] }));
      const createdAt = new Date(serverNow()).toISOString();
      for (const change of changes) commands.submit({ ...change, commandId: crypto.randomUUID(), createdAt, batchId });
      return true;
    },
    /** Does nothing to the conversations of a batch whose turn has not come. */
    stopBatch: (batch: Batch): void => {
      store.update((state) => ({ ...state, ...stop(state.batches, state.outbox, batch.id) }));
    },
    /** Leaves the outcome of a batch; its refused commands are given up. Does nothing while it is running. */
    closeBatch: close,
  };
}
