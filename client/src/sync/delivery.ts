/** Delivers the commands of the outbox to the server, each until it has its answer. */
import { serverNow } from '../clock.ts';
import type { CommandName, CommandResult } from '../../../src/contract/commands.ts';
import type { ErrorBody } from '../../../src/contract/errors.ts';
import type { Ack } from '../../../src/contract/socket.ts';
import type { Store } from '../state/store.ts';
import { mergeAnswer, mergeThreads } from './apply-event.ts';
import { BATCH_PAUSE_MS, departing, withDone } from './batch.ts';
import { conflictRetry, passesInMs, uncheckedRetry } from './conflict.ts';
import {
  enqueue,
  markPostponed,
  markSent,
  markUnanswered,
  postpone,
  reject,
  release,
  remove,
  replace,
  settle,
  type Entry,
  type NewEntry,
} from './outbox.ts';

/** Pause before a command without an answer goes out again with the same id. */
const RESEND_MS = 1000;

/** The state of the inbox when a command was sent: its answer is older than events that came since. */
interface Asked {
  readonly seq: number;
  readonly generation: number;
}

/** Sends a request. Null: no answer; one that comes later goes to `onLate`. */
export type Ask = <N extends CommandName>(
  name: N,
  input: Record<string, unknown>,
  onLate?: (answer: Ack<N>) => void,
) => Promise<Ack<N> | null>;

/** Sends the outbox's commands whenever they may go, and settles them by their answers. */
export class Delivery {
  readonly #store: Store;
  readonly #ask: Ask;
  /** A command of a batch has just left. */
  #isPausing = false;

  constructor(store: Store, ask: Ask) {
    this.#store = store;
    this.#ask = ask;
  }

  /** Adds a command to the outbox and sends it as soon as possible; not for a conversation that was erased. */
  submit(entry: NewEntry): void {
    if (this.#store.get().erased.has(entry.threadId)) return;
    this.#store.update((state) => ({ ...state, outbox: enqueue(state.outbox, entry) }));
    this.flush();
  }

  /** Sends held commands again, with their ids, and those that wait behind them. */
  release(): void {
    this.#store.update((state) => ({ ...state, outbox: release(state.outbox) }));
    this.flush();
  }

  /** Removes a command; those that wait behind it continue. */
  drop(commandId: string): void {
    this.#store.update((state) => ({ ...state, outbox: remove(state.outbox, commandId) }));
    this.flush();
  }

  /** Emits every command that may go now. */
  flush(): void {
    const { machine, outbox } = this.#store.get();
    if (!machine.isReady) return;
    for (const entry of departing(outbox, this.#isPausing)) {
      if (entry.batchId !== undefined) this.#pauseBatch();
      this.#store.update((state) => ({ ...state, outbox: markSent(state.outbox, entry.commandId, serverNow()) }));
      void this.#emit(entry);
    }
  }

  #pauseBatch(): void {
    this.#isPausing = true;
    setTimeout(() => {
      this.#isPausing = false;
      this.flush();
    }, BATCH_PAUSE_MS);
  }

  async #emit(entry: Entry): Promise<void> {
    const { inbox, generation } = this.#store.get().machine;
    const asked = { seq: inbox.cursor?.seq ?? 0, generation };
    const { commandId } = entry;
    // A late success settles the command, however often it was sent. A late refusal says nothing about later tries.
    const onLate = (late: Ack<Entry['name']>): void => {
      if (!late.ok) return;
      this.#accept(entry, late.data, asked);
      this.flush();
    };
    const answer = await this.#ask(entry.name, { ...entry.input, commandId }, onLate);
    if (answer === null) {
      this.#store.update((state) => ({ ...state, outbox: markUnanswered(state.outbox, commandId, serverNow()) }));
      this.#later(RESEND_MS);
      return;
    }
    if (answer.ok) this.#accept(entry, answer.data, asked);
    else this.#refuse(entry, answer.error);
    this.flush();
  }

  #later(ms: number): void {
    setTimeout(() => {
      this.flush();
    }, ms);
  }

  #accept(entry: Entry, data: CommandResult<Entry['name']>, asked: Asked): void {
    this.#store.update((before) => {
      // Not a second time, should an earlier answer come late.
      const isOpen = before.outbox.some(({ commandId }) => commandId === entry.commandId);
      const state = isOpen ? { ...before, batches: withDone(before.batches, entry) } : before;
      const settled = 'message' in data ? settle(state.outbox, data.message) : state.outbox;
      const outbox = remove(settled, entry.commandId);
      if (state.machine.generation !== asked.generation) return { ...state, outbox };
      const withAnswer = mergeAnswer(state.machine.inbox, data);
      const inbox = 'thread' in data ? mergeThreads(withAnswer, [data.thread], asked.seq) : withAnswer;
      return { ...state, outbox, machine: { ...state.machine, inbox } };
    });
  }

  #refuse(entry: Entry, error: ErrorBody): void {
    const againInMs = passesInMs(error);
    if (againInMs !== null) {
      this.#postpone(entry, error, againInMs);
      return;
    }
    const commandId = crypto.randomUUID();
    const again = conflictRetry(entry, error, commandId) ?? uncheckedRetry(entry, error, commandId);
    // It may have been dropped meanwhile, with its conversation: then nothing changes.
    this.#store.update(({ outbox, ...state }) => ({
      ...state,
      outbox: again === null ? reject(outbox, entry.commandId, error) : replace(outbox, entry.commandId, again),
    }));
  }

  /** Commands of the same lane wait with it. If the connection is lost meanwhile, the next one decides again. */
  #postpone({ commandId, attempts }: Entry, error: ErrorBody, ms: number): void {
    this.#store.update((state) => ({ ...state, outbox: postpone(state.outbox, commandId, error, serverNow()) }));
    setTimeout(() => {
      this.#store.update((state) => {
        const isSame = state.outbox.some((entry) => entry.commandId === commandId && entry.attempts === attempts + 1);
        return isSame ? { ...state, outbox: markPostponed(state.outbox, commandId) } : state;
      });
      this.flush();
    }, ms);
  }
}
