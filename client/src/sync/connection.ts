/**
 * The socket: connects, reconnects with jitter, sends requests and waits for answers. It knows nothing about the inbox;
 * what it receives goes to the listener. It reconnects itself instead of leaving that to socket.io, because refusals
 * and `goodbye` decide when.
 */
import { io, type Socket } from 'socket.io-client';
import type { CommandName } from '../../../src/contract/commands.ts';
import type { Cursor } from '../../../src/contract/events.ts';
import type { Ack, Goodbye, ServerToClient } from '../../../src/contract/socket.ts';

type LooseCommands = Record<string, (input: unknown, ack: (answer: unknown) => void) => void>;

/** What to send at each handshake; read again for every attempt. */
export interface Handshake {
  readonly token: string;
  readonly tenantId: string | null;
  readonly cursor: Cursor | null;
}

/** Where the connection reports. `onRefused` carries the code of a refused handshake. */
export interface Listener {
  readonly handshake: () => Handshake | null;
  readonly onConnected: () => void;
  readonly onLost: () => void;
  readonly onRefused: (code: string) => void;
  readonly onGoodbye: (payload: Goodbye) => void;
  readonly server: Omit<ServerToClient, 'goodbye'>;
}

const ANSWER_TIMEOUT_MS = 8000;
const MIN_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 10_000;
/** If a server that said goodbye does not close the connection within this time, we do. */
const GOODBYE_GRACE_MS = 3000;

/** Half fixed, half random, doubling, so that not everybody returns to a restarted server at once. */
function backoffMs(attempt: number): number {
  const ceiling = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** (attempt + 1));
  return Math.max(MIN_BACKOFF_MS, ceiling * (0.5 + Math.random() / 2));
}

/** One connection for as long as the person is logged in. */
export class Connection {
  readonly #listener: Listener;
  #socket: Socket<ServerToClient, LooseCommands> | null = null;
  /** Runs while waiting for the next attempt. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #nextDelayMs: number | null = null;
  readonly #pending = new Set<() => void>();

  constructor(listener: Listener) {
    this.#listener = listener;
    globalThis.addEventListener('online', () => {
      this.reconnectNow();
    });
    // A dead socket stays open until its pings go unanswered, so close it now. If it was alive, it is back at once.
    globalThis.addEventListener('offline', () => {
      if (this.#socket?.connected === true) this.#socket.disconnect();
    });
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.reconnectNow();
    });
  }

  /** Connects and keeps connected until `close`. */
  open(): void {
    if (this.#socket !== null) return;
    const socket: Socket<ServerToClient, LooseCommands> = io({
      path: '/socket.io',
      transports: ['websocket'],
      reconnection: false,
      autoConnect: false,
      forceNew: true,
      timeout: 10_000,
      auth: (give) => {
        const { token, tenantId, cursor } = this.#listener.handshake() ?? { token: '', tenantId: null, cursor: null };
        give({ token, ...(tenantId === null ? {} : { tenantId }), ...(cursor === null ? {} : { cursor }) });
      },
    });
    this.#socket = socket;
    this.#bind(socket);
    socket.connect();
  }

  /** Closes the connection for good. */
  close(): void {
    this.#stopWaiting();
    const socket = this.#socket;
    this.#socket = null;
    this.#attempt = 0;
    this.#nextDelayMs = null;
    socket?.removeAllListeners();
    socket?.disconnect();
    this.#abandonPending();
  }

  /** Tries at once instead of waiting for the next attempt. */
  reconnectNow(): void {
    if (this.#timer !== undefined) this.#connect();
  }

  /**
   * Emits a command. Resolves with its answer, or null when none came within 8 s or the connection broke; an answer
   * that comes later goes to `onLate`.
   */
  ask<N extends CommandName>(
    name: N,
    input: Record<string, unknown>,
    onLate?: (answer: Ack<N>) => void,
  ): Promise<Ack<N> | null> {
    const socket = this.#socket;
    if (socket?.connected !== true) return Promise.resolve(null);
    return new Promise((resolve) => {
      const settle = (answer: Ack<N> | null): void => {
        clearTimeout(timer);
        this.#pending.delete(abandon);
        resolve(answer);
      };
      const abandon = (): void => {
        settle(null);
      };
      const timer = setTimeout(abandon, ANSWER_TIMEOUT_MS);
      this.#pending.add(abandon);
      socket.emit(name, input, (answer) => {
        if (this.#pending.has(abandon)) settle(answer as Ack<N>);
        else onLate?.(answer as Ack<N>);
      });
    });
  }

  #bind(socket: Socket<ServerToClient, LooseCommands>): void {
    const { server } = this.#listener;
    socket.on('connect', () => {
      this.#listener.onConnected();
    });
    socket.on('ready', (payload) => {
      this.#attempt = 0;
      server.ready(payload);
    });
    socket.on('events', server.events);
    socket.on('resync', server.resync);
    socket.on('typing', server.typing);
    socket.on('viewing', server.viewing);
    socket.on('presence', server.presence);
    socket.on('pairing', server.pairing);
    socket.on('goodbye', (payload) => {
      this.#takeGoodbye(payload);
    });
    socket.on('disconnect', () => {
      this.#lost();
    });
    socket.on('connect_error', (error) => {
      const data = (error as Error & { data?: { code?: string; details?: { retryAfterMs?: number } } }).data;
      if (data?.code !== undefined) this.#listener.onRefused(data.code);
      if (typeof data?.details?.retryAfterMs === 'number') this.#nextDelayMs = data.details.retryAfterMs;
      this.#lost();
    });
  }

  #takeGoodbye(payload: Goodbye): void {
    if (payload.retryAfterMs !== undefined) this.#nextDelayMs = payload.retryAfterMs;
    const socket = this.#socket;
    this.#listener.onGoodbye(payload);
    setTimeout(() => {
      if (this.#socket === socket && socket?.connected === true) socket.disconnect();
    }, GOODBYE_GRACE_MS);
  }

  #abandonPending(): void {
    for (const abandon of [...this.#pending]) abandon();
  }

  #lost(): void {
    this.#abandonPending();
    if (this.#socket === null) return;
    this.#listener.onLost();
    const base = this.#nextDelayMs;
    const delay = base === null ? backoffMs(this.#attempt) : base * (0.75 + Math.random() / 2);
    this.#nextDelayMs = null;
    this.#attempt += 1;
    this.#stopWaiting();
    this.#timer = setTimeout(() => {
      this.#connect();
    }, delay);
  }

  #connect(): void {
    this.#stopWaiting();
    this.#socket?.connect();
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
