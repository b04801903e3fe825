/** The simulator's HTTP server: the carriers' APIs, the controls, and the page. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseBoundedJson } from '../../lib/bounded-json.ts';
import { orEmpty, type Loose } from '../../lib/loose.ts';
import { makeHttpClient } from '../../platform/http-client.ts';
import type { ApiAnswer } from './api.ts';
import { answerCall, type Reply } from './carrier-server.ts';
import { answerControl } from './control.ts';
import { Delivery } from './delivery.ts';
import { Demo } from './demo.ts';
import { Misbehaviour } from './misbehaviour.ts';
import type { SimulatorOptions } from './options.ts';
import { pageFile } from './page.ts';
import { Phones } from './phone.ts';
import { readMultipart, type SimFile } from './uploads.ts';
import { World } from './world.ts';

/** A running simulator. `url` has no trailing slash. */
export interface Simulator {
  readonly url: string;
  readonly world: World;
  /** Stops listening, cancels everything planned, and breaks open connections. */
  stop(): Promise<void>;
}

const REALISTIC = { sent: 250, delivered: 900, read: 3000 };
const WEBHOOK_DEADLINE_MS = 30_000;
/** The limit of an Evolution server: files come as base64 inside JSON. */
const MAX_BODY_BYTES = 136 * 1024 * 1024;
const MAX_DEPTH = 64;

interface Parts {
  readonly control: Parameters<typeof answerControl>[1];
  readonly carrier: Parameters<typeof answerCall>[1];
  readonly later: (ms: number, run: () => void) => void;
}

/** Starts a simulator; rejects when the port is taken. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const timers = new Set<NodeJS.Timeout>();
  const later = (ms: number, run: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
  };
  const http = makeHttpClient({ deadlineMs: WEBHOOK_DEADLINE_MS, connections: 48 });
  const { parts, demo } = assemble(options, later, http);
  const server = createServer((request, response) => {
    void serve(request, response, parts).catch(() => {
      response.destroy();
    });
  });
  const url = await listen(server, options);
  if (options.demo) demo.start();
  return {
    url,
    world: parts.control.world,
    stop: async () => {
      for (const timer of timers) clearTimeout(timer);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await http.close();
    },
  };
}

function assemble(
  options: SimulatorOptions,
  later: Parts['later'],
  http: ReturnType<typeof makeHttpClient>,
): { parts: Parts; demo: Demo } {
  const { clock, random, gatewayUrl, autoStatuses = true, statusDelaysMs = REALISTIC } = options;
  const world = new World(options.accounts);
  const misbehaviour = new Misbehaviour();
  const delivery = new Delivery({ http, gatewayUrl: gatewayUrl.replace(/\/+$/, ''), misbehaviour, later });
  const phones: Phones = new Phones({
    world,
    delivery,
    clock,
    autoStatuses,
    later,
    delays: statusDelaysMs,
    onArrival: (chat, message) => {
      if (options.demo) demo.arrived(chat, message);
    },
  });
  const { messagesPerMinute } = options.pace;
  const nowMs = (): number => clock.nowMs();
  const demo = new Demo({ world, phones, messagesPerMinute, random, nowMs, later });
  const control = { world, phones, delivery, misbehaviour, demo, nowMs };
  const carrier = { world, phones, misbehaviour, now: () => clock.now() };
  return { parts: { control, carrier, later }, demo };
}

async function listen(server: Server, { port, host = '127.0.0.1' }: SimulatorOptions): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return `http://${host}:${String((server.address() as AddressInfo).port)}`;
}

async function serve(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://simulator');
  const method = request.method ?? 'GET';
  const asset = method === 'GET' ? pageFile(url.pathname) : null;
  if (asset !== null) {
    response.writeHead(200, asset.headers).end(asset.content);
    return;
  }
  const input = await readInput(request);
  if (input === null) {
    send(response, {
      status: 400,
      body: { error: { message: 'A JSON object, or a form, is needed; not too large.' } },
    });
    return;
  }
  const { json, file } = input;
  if (url.pathname.startsWith('/simulator/api/')) {
    const path = url.pathname.slice('/simulator/api/'.length);
    send(response, await answerControl({ method, path, query: url.searchParams, json }, parts.control));
    return;
  }
  const call = { method, path: url.pathname, query: url.searchParams, headers: request.headers, json, file };
  reply(response, answerCall(call, parts.carrier), parts.later);
}

function reply(response: ServerResponse, found: Reply | null, later: Parts['later']): void {
  if (found === null) send(response, { status: 404, body: { error: { message: 'Not found' } } });
  else if (found.kind === 'reset') response.socket?.resetAndDestroy();
  else if (found.kind === 'answer' && found.holdMs > 0)
    later(found.holdMs, () => {
      send(response, found.answer);
    });
  else if (found.kind === 'answer') send(response, found.answer);
  // No response: the caller's own deadline ends the call.
}

function send(response: ServerResponse, { status, headers = {}, body }: ApiAnswer): void {
  const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(bytes);
}

interface Input {
  readonly json: Loose;
  readonly file: SimFile | null;
}

/**
 * Reads the body as an object, from JSON or a form. An empty body gives an empty object; an unreadable or too long one
 * gives null.
 */
async function readInput(request: IncomingMessage): Promise<Input | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  if (bytes === 0) return { json: {}, file: null };
  const body = Buffer.concat(chunks);
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('multipart/form-data')) {
    const form = await readMultipart(body, type);
    return form === null ? null : { json: form.fields, file: form.file };
  }
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return { json: Object.fromEntries(new URLSearchParams(body.toString('utf8'))), file: null };
  }
  const parsed = parseBoundedJson(body, MAX_DEPTH);
  return parsed.ok ? { json: orEmpty(parsed.value), file: null } : null;
}
