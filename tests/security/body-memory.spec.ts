import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BodyMemory, readBody, type BodyResult } from '../../src/http/body.ts';
import { waitFor } from '../support/wait.ts';

const LIMITS = { smallBytes: 1000, smallTotal: 5000, largeTotal: 20_000 };
let server: Server;
let results: BodyResult[];
let sockets: Socket[];

beforeEach(async () => {
  results = [];
  sockets = [];
  const memory = new BodyMemory(LIMITS);
  server = createServer((request, response) => {
    void readBody(request, 1_000_000, memory).then((result) => {
      results.push(result);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.closeAllConnections();
  server.close();
});

/** Sends `sent` bytes of a body that is announced as `announced`. */
function post(sent: number, announced = sent): Socket {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket.on('error', () => undefined));
  socket.resume();
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${String(announced)}\r\n\r\n`);
  socket.write(Buffer.alloc(sent, 0x20));
  return socket;
}

const answered = (count: number): Promise<true> => waitFor(() => results.length === count);
const outcome = (result: BodyResult | undefined): string =>
  result === undefined ? 'none' : result.ok ? 'read' : result.failure;

it('huge bodies that nobody vouched for fill a bounded part of the memory, and leave room for ordinary ones', async () => {
  post(30_000, 40_000);
  await answered(1);
  expect(outcome(results[0])).toBe('busy');
  post(900);
  await answered(2);
  expect(outcome(results[1])).toBe('read');
});

it('room that was given up is there again: by release, by refusal, by a caller who goes', async () => {
  for (let round = 1; round <= 4; round += 1) {
    post(15_000);
    await answered(round);
    const result = results[round - 1];
    expect(outcome(result)).toBe('read');
    if (result?.ok === true) {
      result.release();
      result.release();
    }
  }
  post(15_000, 16_000).destroySoon();
  await answered(5);
  expect(outcome(results[4])).toBe('aborted');
  post(15_000);
  await answered(6);
  expect(outcome(results[5])).toBe('read');
});

it('a body that is still being judged counts', async () => {
  post(15_000);
  await answered(1);
  post(15_000);
  await answered(2);
  expect([outcome(results[0]), outcome(results[1])]).toEqual(['read', 'busy']);
});
