/** A worker's own small server: `GET /metrics` and `GET /health/live`, for Prometheus and for the gateway. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { withDeadline } from '../lib/deadline.ts';
import { sameSecret } from '../lib/hash.ts';
import type { Part } from './lifecycle.ts';
import { chooseCorrelationId, type Logger } from './log.ts';
import { dumpMetrics, renderMetrics, type Exposition, type MetricsDump } from './metrics.ts';

/**
 * `port` null: does not listen; 0: any free port. `host` null: all addresses of the machine. `token`: required by
 * `GET /metrics`, if set.
 */
export interface MetricsServerOptions {
  readonly port: number | null;
  readonly host: string | null;
  readonly token: string | null;
}

/** A part of a worker. `port` is 0 while it does not listen. */
export interface MetricsServer extends Part {
  port(): number;
}

/** Requests a dump, which a gateway adds to its own metrics, instead of text. */
export const DUMP_TYPE = 'application/json';

const PEER_DEADLINE_MS = 1000;
const MAX_DUMP_BYTES = 4 * 1024 * 1024;

/** Start it first: a worker that is waiting for Postgres or Redis is alive. */
export function createMetricsServer({ port, host, token }: MetricsServerOptions): MetricsServer {
  const server = createServer({ requestTimeout: 5000, keepAliveTimeout: 65_000 }, (request, response) => {
    const id = chooseCorrelationId(request);
    answer(request, { token, id })
      .then(({ status, contentType, body }) => {
        const headers = { 'content-type': contentType, 'cache-control': 'no-store', 'x-correlation-id': id };
        response.writeHead(status, headers).end(body);
      })
      .catch(() => {
        response.destroy();
      });
  });
  return {
    name: 'metrics',
    start: () => (port === null ? undefined : listen(server, port, host)),
    stop: () => close(server),
    port: () => (server.address() as AddressInfo | null)?.port ?? 0,
  };
}

type Answer = Exposition & { readonly status: number };

/** The same status, code and message as a gateway gives for the same mistake. */
const REFUSALS = {
  method: [405, 'unsupported', 'This address does not take that method.'],
  address: [404, 'not_found', 'There is nothing at this address, but at /metrics and /health/live.'],
  token: [401, 'unauthenticated', 'The metrics token is wrong.'],
} as const;

function refuse(why: keyof typeof REFUSALS, correlationId: string): Answer {
  const [status, code, message] = REFUSALS[why];
  const body = JSON.stringify({ error: { code, message, correlationId } });
  return { status, contentType: 'application/json; charset=utf-8', body };
}

async function answer(request: IncomingMessage, { token, id }: { token: string | null; id: string }): Promise<Answer> {
  const [path] = (request.url ?? '').split('?');
  if (request.method !== 'GET') return refuse('method', id);
  if (path === '/health/live') return { status: 200, contentType: DUMP_TYPE, body: '{"status":"live"}' };
  if (path !== '/metrics') return refuse('address', id);
  return mayRead(request, token) ? expose(request) : refuse('token', id);
}

function mayRead({ headers }: IncomingMessage, token: string | null): boolean {
  const given = /^Bearer (\S{1,8192})$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  return token === null || sameSecret(given, token);
}

async function expose({ headers }: IncomingMessage): Promise<Answer> {
  if (headers.accept !== DUMP_TYPE) return { status: 200, ...(await renderMetrics()) };
  return { status: 200, contentType: DUMP_TYPE, body: JSON.stringify(await dumpMetrics()) };
}

/** Dumps of the processes that answered within a second; the others are left out and logged. */
export async function collectPeers(
  peers: readonly string[],
  { token, log }: { readonly token: string | null; readonly log: Logger },
): Promise<MetricsDump[]> {
  const asked = await Promise.allSettled(
    peers.map((peer) => withDeadline(fetchDump(peer, token), PEER_DEADLINE_MS, 'The metrics of a peer')),
  );
  return asked.flatMap((one) => {
    if (one.status === 'fulfilled') return [one.value];
    log.debug({ err: one.reason as unknown }, 'A process did not hand over its metrics.');
    return [];
  });
}

async function fetchDump(peer: string, token: string | null): Promise<MetricsDump> {
  const response = await fetch(`${peer.replace(/\/+$/, '')}/metrics`, {
    headers: { accept: DUMP_TYPE, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
    signal: AbortSignal.timeout(PEER_DEADLINE_MS),
    redirect: 'error',
  });
  const text = await response.text();
  const dump: unknown = response.ok && text.length <= MAX_DUMP_BYTES ? JSON.parse(text) : null;
  if (!Array.isArray(dump)) throw new Error(`HTTP ${String(response.status)} instead of metrics`);
  return dump as MetricsDump;
}

function listen(server: Server, port: number, host: string | null): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === null ? {} : { host }) }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
