/** A TCP proxy that can go silent: the half-open connection, where nothing is refused and nothing answers. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** `freeze` stops all bytes in both directions; new connections are accepted and stay silent too. `cut` resets them. */
export interface TestProxy {
  readonly port: number;
  freeze(): void;
  thaw(): void;
  cut(): void;
  close(): Promise<void>;
}

/** Listens on a random loopback port and passes bytes on to 127.0.0.1:`targetPort`. */
export async function startProxy(targetPort: number): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  let frozen = false;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    if (frozen) socket.pause();
  };
  const server = createServer((client) => {
    const upstream = connect({ host: '127.0.0.1', port: targetPort });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('data', (chunk: Buffer) => to.write(chunk));
      from.on('close', () => to.destroy());
      keep(from);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    freeze: () => {
      frozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw: () => {
      frozen = false;
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
