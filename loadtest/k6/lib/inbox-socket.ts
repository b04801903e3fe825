/** One agent's connection over a bare WebSocket: commands with acks, the cursor, and whether the events chain. */
import type { CommandName } from '../../../src/contract/commands.ts';
import type { Cursor, Event, EventsFrame } from '../../../src/contract/events.ts';
import type { Ack, Ready } from '../../../src/contract/socket.ts';
import { decode, DISCONNECT, encodeConnect, encodeEvent, PONG, type Packet } from './framing.ts';

/** What k6's and every other WebSocket has. `onmessage` gets `{data: string}`. */
export interface Wire {
  onmessage: ((message: { readonly data: string }) => void) | null;
  onclose: (() => void) | null;
  onerror: (() => void) | null;
  send(text: string): void;
  close(): void;
}

/** Proof of who connects; `cursor` asks for what was missed since. */
export interface Auth {
  readonly token: string;
  readonly cursor?: Cursor;
}

/** Why a connection or a command ended without its answer. `code` as in the product's error codes. */
export class SocketError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'SocketError';
    this.code = code;
  }
}

interface Pending {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: SocketError) => void;
}

/** Connects at once. `onEvent` is told every durable event once, in order. */
export class InboxSocket {
  /** Resolves when the socket is live, rejects with SocketError when it is refused or lost before. */
  readonly ready: Promise<Ready>;
  /** Frames that did not continue where the last one ended: the product promises none. */
  gaps = 0;
  /** Times the server told this client to start over from a snapshot. */
  resyncs = 0;
  /** Pings of the server that were answered. */
  pings = 0;
  cursor: Cursor | null;
  readonly #wire: Wire;
  readonly #auth: Auth;
  readonly #onEvent: (event: Event) => void;
  readonly #pending = new Map<number, Pending>();
  #settleReady: { resolve: (ready: Ready) => void; reject: (error: SocketError) => void } | null = null;
  #nextId = 0;

  constructor(wire: Wire, auth: Auth, onEvent: (event: Event) => void) {
    this.#wire = wire;
    this.#auth = auth;
    this.#onEvent = onEvent;
    this.cursor = auth.cursor ?? null;
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    wire.onmessage = ({ data }): void => {
      this.#take(decode(data));
    };
    wire.onclose = (): void => {
      this.#end(new SocketError('closed', 'The connection ended.'));
    };
    wire.onerror = (): void => {
      this.#end(new SocketError('closed', 'The connection failed.'));
    };
  }

  /** Resolves with the ack, ok or not; rejects with SocketError when the connection ends first. */
  send<N extends CommandName>(name: N, input: object): Promise<Ack<N>> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise<Ack<N>>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#wire.send(encodeEvent(name, input, id));
    });
  }

  /** Leaves politely; what is pending is rejected. */
  close(): void {
    this.#wire.send(DISCONNECT);
    this.#wire.close();
    this.#end(new SocketError('closed', 'This side closed the connection.'));
  }

  #take(packet: Packet): void {
    if (packet.type === 'open') this.#wire.send(encodeConnect(this.#auth));
    else if (packet.type === 'ping') this.#pong();
    else if (packet.type === 'ack') this.#settle(packet.id, packet.answer);
    else if (packet.type === 'event') this.#heed(packet.name, packet.payload);
    else if (packet.type === 'refused') this.#end(refusal(packet));
    else if (packet.type === 'disconnected') this.#end(new SocketError('closed', 'The server ended the connection.'));
  }

  #pong(): void {
    this.pings += 1;
    this.#wire.send(PONG);
  }

  #settle(id: number, answer: unknown): void {
    this.#pending.get(id)?.resolve(answer as never);
    this.#pending.delete(id);
  }

  #heed(name: string, payload: unknown): void {
    if (name === 'events') this.#advance(payload as EventsFrame);
    else if (name === 'resync') this.#startOver();
    else if (name === 'ready') this.#becomeLive(payload as Ready);
  }

  #becomeLive(ready: Ready): void {
    this.cursor ??= ready.cursor;
    this.#settleReady?.resolve(ready);
    this.#settleReady = null;
  }

  #startOver(): void {
    this.resyncs += 1;
    this.cursor = null;
  }

  /** A frame offers everything in (from, to]; what the cursor has passed already is not told again. */
  #advance({ from, to, epoch, events }: EventsFrame): void {
    const seen = this.cursor?.seq ?? from;
    if (from > seen) this.gaps += 1;
    for (const event of events) if (event.seq > seen) this.#onEvent(event);
    this.cursor = { epoch, seq: Math.max(seen, to) };
  }

  #end(error: SocketError): void {
    this.#settleReady?.reject(error);
    this.#settleReady = null;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

function refusal({ message, data }: { readonly message: string; readonly data: unknown }): SocketError {
  const code = (data as { code?: unknown } | null | undefined)?.code;
  return new SocketError(typeof code === 'string' ? code : 'refused', message);
}
