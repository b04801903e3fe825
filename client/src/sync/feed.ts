/**
 * Connects the connection, the update machine and the outbox to the store; nothing else talks to the server's live
 * side.
 */
import { learnServerTime, localNow, serverNow } from '../clock.ts';
import { MOST_LOOKED_AFTER } from '../../../src/contract/count-limit.ts';
import type { CommandInput, CommandName } from '../../../src/contract/commands.ts';
import type { ThreadId } from '../../../src/contract/ids.ts';
import type { Session } from '../../../src/contract/rest.ts';
import type { Ack, Goodbye, Ready } from '../../../src/contract/socket.ts';
import { erasedIn, forgetErased, unsureThreads } from '../state/erased.ts';
import { forgetChanged, NO_HITS } from '../state/finding.ts';
import { withinRole } from '../state/role.ts';
import { BASE_KEY, DEFAULT_VIEW, filterOf, type ListPage } from '../state/selectors.ts';
import type { AppState, Store } from '../state/store.ts';
import { Connection, type Handshake } from './connection.ts';
import { refreshCounts } from './counts.ts';
import { withoutPutAway } from './conflict.ts';
import { Delivery } from './delivery.ts';
import { placeOf } from './order.ts';
import { markDisconnected, settleFromEvents, type NewEntry } from './outbox.ts';
import { Renewal } from './renewal.ts';
import { cutWhereRead, forgetAtSnapshot, forgetWhereAnswered, noteSeen } from './seen.ts';
import { forgetSession } from './session.ts';
import { resumeCursor, retrySnapshot, step, type Input, type Step } from './update-machine.ts';
import { applyPresence, applyTyping, applyViewing, expireTyping, NOBODY } from './volatile.ts';

const SNAPSHOT_LIMIT = 100;
const COUNTS_DEBOUNCE_MS = 1000;
const RETRY_MS = 3000;

const END_OF_SESSION: Readonly<Record<string, string>> = {
  unauthenticated: 'Your session is no longer valid. Please log in again.',
  token_expired: 'Your session has run out. Please log in again.',
  revoked: 'Your session was ended: your password or your access was changed. Log in again, or ask your team lead.',
  expired: 'Your session has run out. Please log in again.',
  forbidden: 'You no longer have access to this inbox. Ask your team lead, or log in with another account.',
};

/** Keeps the store in step with the server. */
export class Feed {
  readonly #store: Store;
  readonly #connection: Connection;
  readonly #delivery: Delivery;
  readonly #renewal: Renewal;
  #countsTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(store: Store) {
    this.#store = store;
    this.#connection = new Connection({
      handshake: () => this.#handshake(),
      onConnected: () => {
        this.#step({ type: 'handshake' });
      },
      onLost: () => {
        this.#onLost();
      },
      onRefused: (code) => {
        if (code in END_OF_SESSION) this.end(END_OF_SESSION[code] ?? null);
      },
      onGoodbye: (payload) => {
        this.#onGoodbye(payload);
      },
      server: {
        ready: (payload) => {
          this.#onReady(payload);
        },
        events: (frame) => {
          for (const part of cutWhereRead(frame, this.#store.get().ui.selectedId)) {
            this.#step({ type: 'frame', frame: part });
            this.#update(noteSeen);
          }
          this.#update((state) => {
            const outbox = settleFromEvents(state.outbox, frame.events);
            return { ...state, outbox: withoutPutAway(outbox, state.machine.inbox.threads) };
          });
          this.#update((state) => forgetErased(state, erasedIn(frame.events)));
          this.#update((state) => ({ ...state, hits: forgetChanged(state.hits, frame.events) }));
          this.#delivery.flush();
        },
        resync: ({ reason }) => {
          this.#step({ type: 'resync', reason });
        },
        typing: (payload) => {
          const time = { now: localNow(), leftMs: Date.parse(payload.until) - serverNow() };
          this.#update((state) => ({ ...state, volatile: applyTyping(state.volatile, payload, time) }));
        },
        viewing: (payload) => {
          this.#update((state) => ({ ...state, volatile: applyViewing(state.volatile, payload) }));
        },
        presence: (payload) => {
          this.#update((state) => ({ ...state, volatile: applyPresence(state.volatile, payload) }));
        },
        pairing: (pairing) => {
          this.#update((state) => ({ ...state, volatile: { ...state.volatile, pairing } }));
        },
      },
    });
    const ask: Connection['ask'] = (name, input, onLate) => this.#connection.ask(name, input, onLate);
    this.#delivery = new Delivery(store, ask);
    this.#renewal = new Renewal(store, ask, (notice) => {
      this.end(notice);
    });
    setInterval(() => {
      this.#update((state) => this.#sweep(state));
    }, 1000);
  }

  /** Starts to follow the inbox of the session in the store. */
  start(): void {
    this.#step({ type: 'connect' });
    this.#renewal.start();
    this.#connection.open();
  }

  /** Continues with another token of the same session. */
  renew(session: Session): void {
    void this.#renewal.take(session);
  }

  /** Tries to connect at once. */
  reconnectNow(): void {
    if (this.#store.get().standDown !== null) {
      this.#update((state) => ({ ...state, standDown: null }));
      this.#connection.open();
    }
    this.#connection.reconnectNow();
  }

  /**
   * Leaves the inbox. `notice` tells why; null when the person asked for it. What they wrote and did not send is kept
   * for their return.
   */
  end(notice: string | null): void {
    this.#connection.close();
    this.#renewal.stop();
    clearTimeout(this.#countsTimer);
    forgetSession(this.#store.get().session);
    this.#update((state) => ({
      ...state,
      session: null,
      me: null,
      loginNotice: notice,
      machine: step(state.machine, { type: 'logout' }).machine,
      volatile: NOBODY,
      lists: {},
      search: null,
      hits: NO_HITS,
      finding: null,
      sought: null,
      outbox: markDisconnected(state.outbox),
      ui: { ...state.ui, dialog: null },
    }));
  }

  /** Sends a request that need not survive a broken connection. Null: no answer. */
  ask<N extends CommandName>(name: N, input: CommandInput<N>): Promise<Ack<N> | null> {
    return this.#connection.ask(name, input);
  }

  /** Adds a command to the outbox, which sends it as soon as possible and until it is answered. */
  submit(entry: NewEntry): void {
    this.#update((state) => forgetWhereAnswered(state, entry));
    this.#delivery.submit(entry);
  }

  /** Sends held commands again. */
  release(): void {
    this.#delivery.release();
  }

  /** Removes a command from the outbox. */
  drop(commandId: string): void {
    this.#delivery.drop(commandId);
  }

  #update(change: (state: AppState) => AppState): void {
    this.#store.update(change);
  }

  #handshake(): Handshake | null {
    const { session, machine } = this.#store.get();
    return session === null
      ? null
      : { token: session.token, tenantId: session.tenantId, cursor: resumeCursor(machine) };
  }

  #step(input: Input): void {
    this.#take(step(this.#store.get().machine, input));
  }

  #take({ machine, askSnapshot }: Step): void {
    this.#update((state) => ({ ...state, machine }));
    if (askSnapshot) void this.#askSnapshot();
    if (machine.inbox.countsStale) this.#scheduleCounts();
  }

  async #askSnapshot(): Promise<void> {
    const answer = await this.ask('inbox:snapshot', { view: filterOf(DEFAULT_VIEW), limit: SNAPSHOT_LIMIT });
    if (answer?.ok === true) {
      const { data } = answer;
      const next = data.nextCursor ?? (data.threads.length < SNAPSHOT_LIMIT ? null : undefined);
      const last = data.threads.at(-1);
      const page: ListPage = { next, frontier: last === undefined ? null : placeOf(last), state: 'idle' };
      this.#update((state) => ({ ...state, lists: { [BASE_KEY]: page }, search: null, hits: NO_HITS }));
      this.#step({ type: 'snapshot', result: data });
      this.#update(forgetAtSnapshot);
      this.#update(withinRole);
      this.#delivery.flush();
      return;
    }
    this.#step({ type: 'snapshot-failed' });
    setTimeout(() => {
      this.#take(retrySnapshot(this.#store.get().machine));
    }, RETRY_MS);
  }

  #scheduleCounts(): void {
    if (this.#countsTimer !== undefined) return;
    this.#countsTimer = setTimeout(() => void this.#readCounts(), COUNTS_DEBOUNCE_MS);
  }

  async #readCounts(): Promise<void> {
    const answer = await this.ask('inbox:snapshot', { limit: 1 });
    this.#countsTimer = undefined;
    if (answer?.ok === true) {
      const { counts, cursor } = answer.data;
      this.#update((state) => ({
        ...state,
        machine: { ...state.machine, inbox: refreshCounts(state.machine.inbox, counts, cursor) },
      }));
    }
    const { machine } = this.#store.get();
    if (machine.inbox.countsStale && machine.isReady) this.#scheduleCounts();
  }

  #onReady(payload: Ready): void {
    learnServerTime(payload.serverTime);
    this.#update((state) => ({
      ...state,
      me: { user: payload.user, member: payload.member, tenant: payload.tenant },
    }));
    this.#step({ type: 'ready', memberId: payload.member.id });
    void this.#findErased();
    this.#delivery.flush();
  }

  /** Finds what was erased while this browser was away. */
  async #findErased(): Promise<void> {
    const threadIds = unsureThreads(this.#store.get()).slice(0, MOST_LOOKED_AFTER) as ThreadId[];
    if (threadIds.length === 0) return;
    const answer = await this.ask('thread:find-erased', { threadIds });
    if (answer?.ok === true) this.#update((state) => forgetErased(state, answer.data.threadIds));
  }

  #onLost(): void {
    this.#step({ type: 'lost', at: localNow() });
    this.#update((state) => ({ ...state, volatile: NOBODY, outbox: markDisconnected(state.outbox) }));
  }

  #onGoodbye({ reason }: Goodbye): void {
    if (reason === 'revoked' || reason === 'expired') {
      this.end(END_OF_SESSION[reason] ?? null);
    } else if (reason === 'superseded') {
      this.#connection.close();
      this.#onLost();
      this.#update((state) => ({ ...state, standDown: 'superseded' }));
    }
  }

  #sweep(state: AppState): AppState {
    const swept = expireTyping(state.volatile, localNow());
    return swept === state.volatile ? state : { ...state, volatile: swept };
  }
}
