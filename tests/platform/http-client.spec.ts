import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import {
  makeHttpClient,
  type HttpAnswer,
  type HttpClient,
  type HttpClientOptions,
} from '../../src/platform/http-client.ts';
import type { LookupAll } from '../../src/platform/public-address.ts';

const open: (Server | TcpServer)[] = [];
const clients: HttpClient[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const server of open.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(server: Server | TcpServer): Promise<string> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

async function post(url: string, options: HttpClientOptions = {}): Promise<HttpAnswer> {
  const client = makeHttpClient(options);
  clients.push(client);
  return client.post({ url, headers: { authorization: 'Bearer x' }, json: { hello: 'Olá' } });
}

function answering(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  return listen(createServer(handler));
}

describe('a name that leads to an address inside', () => {
  // What a member may give: a public name whose owner lets it point at us.
  const lookup: LookupAll = (_host, _options, done) => {
    done(null, [{ address: '127.0.0.1', family: 4 }]);
  };
  /** Too long a label for any name server: a lookup that is not ours fails in this machine. */
  const NAME = `${'a'.repeat(64)}.test`;

  it('is not called, unless its origin is one that the operator configured', async () => {
    let calls = 0;
    const url = await answering((_request, response) => {
      calls += 1;
      response.end('{}');
    });
    const named = url.replace('127.0.0.1', NAME);
    const refused = await post(named, { trustedOrigins: [], lookup });
    expect(refused).toMatchObject({ ok: false, sent: false });
    expect(refused).toHaveProperty('reason', expect.stringContaining('not a public one'));
    expect(calls).toBe(0);
    // Callable by its address, or by a name that only an operator may give.
    expect(await post(url, { trustedOrigins: [] })).toMatchObject({ ok: true });
    expect(await post(url.replace('127.0.0.1', 'localhost'), { trustedOrigins: [] })).toMatchObject({ ok: true });
    expect(calls).toBe(2);
    const configured = await post(named, { trustedOrigins: [named] });
    expect(configured).not.toHaveProperty('reason', expect.stringContaining('not a public one'));
  });
});

describe('an exchange with another system', () => {
  it('brings back status, headers and parsed JSON', async () => {
    let received = '';
    const url = await answering((request, response) => {
      request.on('data', (chunk: Buffer) => (received += chunk.toString()));
      request.on('end', () => response.writeHead(429, { 'Retry-After': '7' }).end('{"a":1}'));
    });
    const answer = await post(url);
    expect(answer).toMatchObject({ ok: true, status: 429, headers: { 'retry-after': '7' }, body: { a: 1 } });
    expect(received).toBe('{"hello":"Olá"}');
  });

  it('is refused for a header that cannot be written, and the connections stay of use to others', async () => {
    const url = await answering((_request, response) => response.end('{}'));
    const client = makeHttpClient({ connections: 1, deadlineMs: 2000 });
    clients.push(client);
    for (const token of ['💥', '\u202e', 'a\u0000b', 'a\nb: c']) {
      const refused = await client.post({ url, headers: { authorization: `Bearer ${token}` }, json: {} });
      expect(refused).toEqual({ ok: false, sent: false, reason: 'the header authorization cannot be written' });
    }
    expect(await client.post({ url, headers: { authorization: 'Bearer x' }, json: {} })).toMatchObject({ ok: true });
  });

  it('streams a body of a known length, piece by piece', async () => {
    let received = '';
    const url = await answering((request, response) => {
      received = `${request.headers['content-type'] ?? ''} ${request.headers['content-length'] ?? ''} `;
      request.on('data', (chunk: Buffer) => (received += chunk.toString()));
      request.on('end', () => response.end('{}'));
    });
    const client = makeHttpClient();
    clients.push(client);
    const streamed = {
      type: 'text/x-test',
      sizeBytes: 6,
      open: () => Readable.from([Buffer.from('abc'), Buffer.from('def')]),
    };
    expect(await client.post({ url, headers: {}, streamed })).toMatchObject({ ok: true, status: 200 });
    expect(received).toBe('text/x-test 6 abcdef');
  });

  it('a body that breaks off, or is shorter than promised, is no exchange', async () => {
    const url = await answering((request, response) => {
      request.on('end', () => response.end('{}')).resume();
    });
    const client = makeHttpClient();
    clients.push(client);
    const broken = new Readable({ read: () => undefined });
    const bodies = [broken, Readable.from([Buffer.from('abc')])];
    const answers = bodies.map((body) =>
      client.post({ url, headers: {}, streamed: { type: 'text/x-test', sizeBytes: 6, open: () => body } }),
    );
    broken.destroy(new Error('the disk is gone'));
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ ok: false });
  });

  it('sends a form URL-encoded, under its own media type', async () => {
    let received = '';
    const url = await answering((request, response) => {
      received = `${request.headers['content-type'] ?? ''} `;
      request.on('data', (chunk: Buffer) => (received += chunk.toString()));
      request.on('end', () => response.end('{}'));
    });
    const client = makeHttpClient();
    clients.push(client);
    await client.post({ url, headers: {}, form: { To: 'whatsapp:+1555', Body: 'a & b' } });
    expect(received).toBe('application/x-www-form-urlencoded To=whatsapp%3A%2B1555&Body=a+%26+b');
  });

  it('an answer that is no JSON comes back as text', async () => {
    const url = await answering((_request, response) => response.end('<html>'));
    expect(await post(url)).toMatchObject({ ok: true, status: 200, body: '<html>' });
  });

  it('a refused connection was certainly not sent', async () => {
    const url = await answering(() => undefined);
    const server = open.pop();
    await new Promise((resolve) => server?.close(resolve));
    expect(await post(url)).toMatchObject({ ok: false, sent: false });
  });

  it('an unknown host, a failed TLS handshake and a URL that is none were certainly not sent', async () => {
    const plain = await answering(() => undefined);
    expect(await post('http://no-such-host.invalid/')).toMatchObject({ ok: false, sent: false });
    expect(await post(plain.replace('http:', 'https:'))).toMatchObject({ ok: false, sent: false });
    expect(await post('ftp://127.0.0.1/')).toMatchObject({ ok: false, sent: false });
  });

  it('a connection reset after the request was written may have been sent', async () => {
    const url = await listen(createTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy())));
    expect(await post(url)).toMatchObject({ ok: false, sent: true });
  });

  it('no answer within the deadline may have been sent', async () => {
    const url = await answering(() => undefined);
    expect(await post(url, { deadlineMs: 1000 })).toMatchObject({ ok: false, sent: true });
  });

  it('what is said to be unsent when the deadline ends did not arrive', async () => {
    let requests = 0;
    const url = await answering(() => requests++);
    const client = makeHttpClient({ connections: 1, deadlineMs: 1500 });
    clients.push(client);
    const request = { url, headers: {}, json: {} };
    const answers = await Promise.all([client.post(request), client.post(request)]);
    expect(answers[0]).toMatchObject({ ok: false, sent: true });
    // The second may get the connection that the first gives up in the same moment; then it says so.
    const sent = answers.filter((answer) => !answer.ok && answer.sent).length;
    expect(requests).toBeLessThanOrEqual(sent);
    expect(answers[1]).toMatchObject({ ok: false });
  });

  it('an answer above the cap ends the exchange', async () => {
    const url = await answering((_request, response) => response.end('x'.repeat(5000)));
    expect(await post(url, { maxResponseBytes: 1000 })).toMatchObject({ ok: false, sent: true });
  });

  it('what cannot be written as JSON is refused, not thrown', async () => {
    const client = makeHttpClient();
    clients.push(client);
    const url = await answering(() => undefined);
    expect(await client.post({ url, headers: {}, json: 1n })).toMatchObject({ ok: false, sent: false });
  });
});
