/** A TCP proxy that can go silent: the half-open connection, where nothing is refused and nothing answers. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/**
 * `freeze` stops all bytes in both directions, or only the answers; new connections are accepted and stay silent too.
 * `cut` resets them.
 */
export interface TestProxy {
  readonly port: number;
  freeze(which?: 'all' | 'answers'): void;
  /** Blocks the answers that follow the next one containing these bytes. */
  freezeAfter(answer: Buffer): void;
  thaw(): void;
  cut(): void;
  close(): Promise<void>;
}

/** Listens on a random loopback port and passes bytes on to 127.0.0.1:`targetPort`. */
export async function startProxy(targetPort: number): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  const answering = new Set<Socket>();
  let frozen: 'all' | 'answers' | null = null;
  let lastAnswer: Buffer | null = null;
  const isFrozen = (socket: Socket): boolean => frozen === 'all' || (frozen === 'answers' && answering.has(socket));
  const freeze = (which: 'all' | 'answers'): void => {
    frozen = which;
    lastAnswer = null;
    for (const socket of sockets) if (isFrozen(socket)) socket.pause();
  };
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      answering.delete(socket);
    });
    if (isFrozen(socket)) socket.pause();
  };
  const server = createServer((client) => {
    const upstream = connect({ host: '127.0.0.1', port: targetPort });
    answering.add(upstream);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('data', (chunk: Buffer) => {
        to.write(chunk);
        if (from === upstream && lastAnswer !== null && chunk.includes(lastAnswer)) freeze('answers');
      });
      from.on('close', () => to.destroy());
      keep(from);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    freeze: (which = 'all') => {
      freeze(which);
    },
    freezeAfter: (answer) => {
      lastAnswer = answer;
    },
    thaw: () => {
      frozen = null;
      for (const socket of sockets) socket.resume();
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
