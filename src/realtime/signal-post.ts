/** Sends typing and viewing to screens here and on other nodes: each socket gets what has gathered in one write. */
import { z } from 'zod';
import { ThreadSignal } from '../contract/jobs.ts';
import { Lanes, type LaneLimits } from './lanes.ts';
import { SLOW_ROOM } from './rooms.ts';
import type { SignalWire } from './signal-wire.ts';
import type { InboxServer } from './types.ts';

const Signals = z.array(ThreadSignal);

/** `everywhere`: other nodes have not been told yet. */
interface Waiting {
  readonly signal: ThreadSignal;
  readonly everywhere: boolean;
}

/** `wire` connects to other nodes. */
export interface SignalPostOptions {
  readonly io: InboxServer;
  readonly limits: LaneLimits;
  readonly wire: SignalWire;
  readonly onDrop: () => void;
}

/**
 * One per node. Typing is passing: what does not fit is dropped. Viewing is always sent in its latest state; what waits
 * of it is bounded by the number of open threads. Signals of a node of another version are dropped.
 */
export class SignalPost {
  readonly #io: InboxServer;
  readonly #wire: SignalWire;
  readonly #lanes: Lanes<Waiting>;

  constructor({ io, limits, wire, onDrop }: SignalPostOptions) {
    this.#io = io;
    this.#wire = wire;
    this.#lanes = new Lanes(limits, (waiting) => this.#walk(waiting), onDrop);
    wire.attach(io, (raw) => {
      for (const signal of Signals.safeParse(raw).data ?? []) this.send(signal, { everywhere: false });
    });
  }

  /** Sends to sockets on this node, and if `everywhere` to those on others. */
  send(signal: ThreadSignal, { everywhere }: { readonly everywhere: boolean }): void {
    // A signal that other nodes have not got must not be replaced by one that came from them.
    const about = signal.name === 'viewing' ? `${String(everywhere)} ${signal.frame.threadId}` : null;
    this.#lanes.offer(signal.rooms[0], { signal, everywhere }, about);
  }

  #walk(waiting: readonly Waiting[]): Iterator<unknown> {
    const unheard = waiting.filter(({ everywhere }) => everywhere).map(({ signal }) => signal);
    if (unheard.length > 0) this.#wire.tell(unheard);
    return tellSockets(
      this.#io,
      waiting.map(({ signal }) => signal),
    );
  }
}

/**
 * One write per step. Who may see what is decided at the time of writing, because rooms may change and sockets may
 * close between steps.
 */
function* tellSockets(io: InboxServer, signals: readonly ThreadSignal[]): Generator<undefined> {
  const { adapter, sockets } = io.of('/');
  const encoded = signals.map((signal) => encode(io, signal));
  const all = bundle(encoded);
  const met = new Set<string>();
  for (const room of new Set(signals.flatMap(({ rooms }) => rooms))) {
    for (const id of adapter.rooms.get(room) ?? []) {
      if (met.has(id)) continue;
      met.add(id);
      const isIn = adapter.sids.get(id);
      if (isIn === undefined || isIn.has(SLOW_ROOM)) continue;
      const meant = encoded.filter(({ signal }) => signal.except !== id && signal.rooms.some((one) => isIn.has(one)));
      const { text, options } = meant.length === encoded.length ? all : bundle(meant);
      if (meant.length > 0) sockets.get(id)?.conn.write(text, options);
      yield;
    }
  }
}

interface Encoded {
  readonly signal: ThreadSignal;
  readonly text: string;
  readonly frame: readonly Buffer[];
}

/**
 * The encoding that Socket.IO's adapter does once for all sockets of a broadcast (socket.io-adapter 2.5,
 * `in-memory-adapter.js`).
 */
interface Encoder {
  _encode(
    packet: { readonly type: 2; readonly nsp: '/'; readonly data: readonly unknown[] },
    options: { wsPreEncodedFrame?: readonly Buffer[] },
  ): readonly string[];
}

function encode(io: InboxServer, signal: ThreadSignal): Encoded {
  const options: { wsPreEncodedFrame?: readonly Buffer[] } = {};
  const encoder = io.of('/').adapter as unknown as Encoder;
  const [text = ''] = encoder._encode({ type: 2, nsp: '/', data: [signal.name, signal.frame] }, options);
  return { signal, text, frame: options.wsPreEncodedFrame ?? [] };
}

/**
 * Combines several WebSocket frames into one Engine.IO packet; otherwise each packet would be a system call. The text
 * only tells slow-clients how much is waiting: on WebSockets without compression the frames are what is sent.
 */
function bundle(parts: readonly Encoded[]) {
  const text = parts.map((part) => part.text).join('');
  const frames = Buffer.concat(parts.flatMap((part) => part.frame));
  return { text, options: { compress: false, wsPreEncodedFrame: [frames] } };
}
