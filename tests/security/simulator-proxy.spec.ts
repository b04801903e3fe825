import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, askRaw, startGateway, type Gateway } from '../http/support.ts';

/** What the simulator was asked for, and what somebody else's server on the same machine was. */
const asked: string[] = [];
const stolen: string[] = [];
let simulator: Server;
let neighbour: Server;
let gateway: Gateway;

async function listening(seen: string[]): Promise<Server> {
  const server = createServer((request, response) => {
    seen.push(String(request.url));
    response.end('answered');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const urlOf = (server: Server): string => `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;

beforeAll(async () => {
  simulator = await listening(asked);
  neighbour = await listening(stolen);
  gateway = await startGateway({ deps: { simulatorUrl: urlOf(simulator) } });
});
afterAll(async () => {
  await gateway.close();
  simulator.close();
  neighbour.close();
});

describe('the way to the simulator', () => {
  it('leads nowhere else, whatever host the request line names', async () => {
    for (const path of ['/simulator/', '/simulator/../latest/meta-data', '/simulator']) {
      await askRaw(gateway, `GET ${urlOf(neighbour)}${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    }
    expect(stolen).toEqual([]);
    expect(asked).toEqual(['/simulator/', '/simulator']);
  });

  it.each(['/simulator/../v21.0/1/messages', '/simulator/%2e%2e/v21.0', '/simulator/x/../../v21.0'])(
    'does not lead out of its own paths by %s',
    async (path) => {
      asked.length = 0;
      expect((await ask(gateway, { path })).status).toBe(404);
      expect(asked).toEqual([]);
    },
  );
});
