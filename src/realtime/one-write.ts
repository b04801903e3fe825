/**
 * Sends everything that one socket is told in a turn in one system call: waking the other side costs more than the
 * content.
 */
import type { EventEmitter } from 'node:events';

/** Above this many characters packets are not gathered. */
const TOGETHER = 64 * 1024;

/** Engine.IO's server, which announces every connection. */
type Engine = Pick<EventEmitter, 'on'>;

/**
 * A connection and its WebSocket, as far as this file uses them (engine.io 6.6, `socket.js`,
 * `transports/websocket.js`).
 */
interface EngineSocket extends Pick<EventEmitter, 'on'> {
  readonly writeBuffer: readonly { readonly data?: string }[];
  readonly transport: {
    /** While false, packets stay in the `writeBuffer`. */
    writable: boolean;
    /** The WebSocket of `ws`, and its TCP connection. */
    readonly socket: { readonly _socket?: { cork(): void; uncork(): void } | null };
  };
  /** Passes the `writeBuffer` to the transport, unless that is not writable or closed. */
  flush(): void;
}

/**
 * Engine.IO writes each packet as it comes, and the next one when that is out, so that an event and an ack of the same
 * turn are two writes. With this, packets wait until the current work is done, microtasks included, and before any
 * other work begins. A connection that is being closed waits for them (engine.io's `close`). For WebSockets only.
 */
export function writeOncePerTurn(engine: Engine): void {
  const held: EngineSocket[] = [];
  const letGo = (): void => {
    for (const conn of held.splice(0)) {
      conn.transport.writable = true;
      flushAtOnce(conn);
    }
  };
  // Called before a packet is put into the buffer.
  function hold(this: EngineSocket): void {
    // Already holding, or the peer has to receive earlier packets first.
    if (!this.transport.writable) return;
    this.transport.writable = false;
    if (held.push(this) === 1) process.nextTick(letGo);
  }
  engine.on('connection', (conn: EngineSocket) => {
    conn.on('packetCreate', hold);
  });
}

function flushAtOnce(conn: EngineSocket): void {
  const { _socket: tcp } = conn.transport.socket;
  if (tcp == null || isLarge(conn.writeBuffer)) {
    conn.flush();
    return;
  }
  tcp.cork();
  try {
    conn.flush();
  } finally {
    tcp.uncork();
  }
}

/** For large data one more write does not matter, and slow-clients.ts has to see the peer's progress frame by frame. */
function isLarge(packets: EngineSocket['writeBuffer']): boolean {
  let length = 0;
  for (const { data } of packets) length += data?.length ?? 0;
  return length > TOGETHER;
}
