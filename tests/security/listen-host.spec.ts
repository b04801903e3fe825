import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { createSystem } from '../support/system.ts';

/** Another address of this machine than the one a process is told to listen on. */
const ELSEWHERE = '127.0.0.2';

function reaches(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (reached: boolean): void => {
      socket.destroy();
      resolve(reached);
    };
    socket.once('connect', () => finish(true)).once('error', () => finish(false));
  });
}

it.each([
  ['a gateway', 'server'],
  ["a worker's metrics", 'consumers/inbound'],
])('%s, told an address, listens on no other', { timeout: 60_000 }, async (_what, entry) => {
  const system = await createSystem({ env: { METRICS_PORT: '0' } });
  try {
    const open = await system.spawn(entry);
    const closed = await system.spawn(entry, { LISTEN_HOST: '127.0.0.1' });
    expect(await reaches('127.0.0.1', closed.port)).toBe(true);
    expect(await reaches(ELSEWHERE, closed.port)).toBe(false);
    // What the refusal is compared with: without the setting the other address answers.
    expect(await reaches(ELSEWHERE, open.port)).toBe(true);
  } finally {
    await system.stop();
  }
});
