/** What one socket is told in one turn leaves in one system call: waking the other side costs more than what is said. */
import type { EventEmitter } from 'node:events';

/** Characters. */
const TOGETHER = 64 * 1024;

/** Engine.IO's server: tells of every connection. */
type Engine = Pick<EventEmitter, 'on'>;

/** A connection and its WebSocket, as far as this works on them (engine.io 6.6, `socket.js`, `transports/websocket.js`). */
interface EngineSocket extends Pick<EventEmitter, 'on'> {
  readonly writeBuffer: readonly { readonly data?: string }[];
  readonly transport: {
    /** While false, packets wait in the `writeBuffer`. */
    writable: boolean;
    /** Of `ws`, and its TCP connection. */
    readonly socket: { readonly _socket?: { cork(): void; uncork(): void } | null };
  };
  /** Hands the `writeBuffer` to the transport, unless it is not writable, or closed. */
  flush(): void;
}

/**
 * Engine.IO writes each packet as it comes, and the next one when that is out: an event and an ack of the same turn are two
 * writes. From now on packets wait until the work in hand is done, microtasks included, and nothing else is begun before.
 * A connection that is being closed waits for them (engine.io's `close`). For WebSockets only.
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
    // Waits already, or the peer has to take more first.
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

/** Then one more write is nothing, and what the peer has taken has to show frame by frame (slow-clients.ts). */
function isLarge(packets: EngineSocket['writeBuffer']): boolean {
  let length = 0;
  for (const { data } of packets) length += data?.length ?? 0;
  return length > TOGETHER;
}
