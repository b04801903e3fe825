/** Ports for servers that are started a moment later. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort } from '../../scripts/bootstrap/wait.mjs';

it('a port is given to nobody else, however many ask before their servers are up', async () => {
  const ports: number[] = [];
  for (let round = 0; round < 250; round += 1) ports.push(...(await Promise.all([freePort(), freePort()])));
  expect(new Set(ports).size).toBe(ports.length);
});

it('a port is below those that systems give to any connection or server meanwhile', async () => {
  expect(await freePort()).toBeLessThan(32_768);
});

it('a port that a server has is passed over', async () => {
  const taken = (await freePort()) + 1;
  const server = createServer().listen(taken, '127.0.0.1');
  // Where somebody else has it already, it is taken as well.
  await once(server, 'listening').catch(() => undefined);
  expect(await freePort()).not.toBe(taken);
  server.close();
});
