import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { createSystem } from '../support/system.ts';

/** Another address of this machine than the one the gateway is told to listen on. */
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

it('a gateway that is told an address listens on no other', { timeout: 60_000 }, async () => {
  const system = await createSystem();
  try {
    const open = await system.spawn('server');
    const closed = await system.spawn('server', { LISTEN_HOST: '127.0.0.1' });
    expect(await reaches('127.0.0.1', closed.port)).toBe(true);
    expect(await reaches(ELSEWHERE, closed.port)).toBe(false);
    // What the refusal is compared with: without the setting the other address answers.
    expect(await reaches(ELSEWHERE, open.port)).toBe(true);
  } finally {
    await system.stop();
  }
});
