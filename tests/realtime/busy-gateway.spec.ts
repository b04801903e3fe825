import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { io } from 'socket.io-client';
import { createFoundation } from '../../src/deps.ts';
import { createGateway } from '../../src/gateway.ts';
import { loadConfig } from '../../src/platform/config.ts';
import { startAll, type Running } from '../../src/platform/lifecycle.ts';
import { createSystem, postCloud, textValue, type System } from '../support/system.ts';
import { waitFor } from '../support/wait.ts';

/** More than are let in at once. */
const CROWD = 12;

let system: System;
let running: Running;
let url: string;

beforeAll(async () => {
  system = await createSystem();
  const config = loadConfig({ ...system.env, PORT: '0', LISTEN_HOST: '127.0.0.1', LOG_LEVEL: 'silent' });
  const base = createFoundation(config, 'gateway');
  const gateway = await createGateway(base);
  running = await startAll(gateway.parts, { log: base.log });
  url = `http://127.0.0.1:${String(gateway.port())}`;
});
afterAll(async () => {
  vi.restoreAllMocks();
  await running.stop('the end of the test');
  await system.stop();
});

/** Strangers, who get their refusal as soon as the door lets them in. */
function crowd(): { readonly inside: () => number } {
  let inside = 0;
  for (let n = 0; n < CROWD; n += 1) {
    const socket = io(url, { transports: ['websocket'], reconnection: false, forceNew: true });
    socket.on('connect_error', () => {
      inside += 1;
      socket.disconnect();
    });
  }
  return { inside: () => inside };
}

test('while webhooks come sockets are let in at a pace, and as they come otherwise', async () => {
  // Time stands still: whoever has to wait for a pace waits for ever, and nobody else does.
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
  const calm = crowd();
  await waitFor(() => calm.inside() === CROWD);

  expect(await postCloud({ url }, textValue('1555000', 'wamid.busy'))).toBe(200);
  const busy = crowd();
  await waitFor(() => busy.inside() > 0);
  // What is let in has its answer by then.
  for (let n = 0; n < 5; n += 1) await fetch(`${url}/health/live`).then((response) => response.arrayBuffer());
  expect(busy.inside()).toBeLessThan(CROWD);

  clock.mockRestore();
  await waitFor(() => busy.inside() === CROWD);
});
