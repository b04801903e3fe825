/** The node:http server around the app: timeouts, draining, closing. */
import { createServer, type Server } from 'node:http';
import { createApp, type HttpDeps } from './app.ts';
import { answerBrokenRequests, refuseWithoutHost } from './broken-request.ts';

/** A server that is not listening yet; Socket.IO may attach to `server`. */
export interface HttpServer {
  readonly server: Server;
  /** From now on the node is not ready, and every response closes its connection. */
  drain(): void;
  /** Stops listening, lets current requests finish for up to `graceMs`, then cuts them. Never rejects. */
  close(graceMs?: number): Promise<void>;
}

/** Longer than the idle timeout of common balancers, so that we never close first. */
const KEEP_ALIVE_MS = 65_000;
const HEADERS_MS = 15_000;
/** Limit for a whole request, which may upload 100 MB; bodies have stricter limits of their own. */
const REQUEST_MS = 300_000;
const GRACE_MS = 8000;

/** Builds the HTTP server of a gateway. */
export function createHttpServer(deps: Omit<HttpDeps, 'draining'>): HttpServer {
  let draining = false;
  const handle = createApp({ ...deps, draining: () => draining }).callback();
  const timeouts = { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS };
  const server = createServer({ ...timeouts, noDelay: true, requireHostHeader: false }, (request, response) => {
    if (!refuseWithoutHost({ request, response })) void handle(request, response);
  });
  answerBrokenRequests(server);
  const drain = (): void => {
    draining = true;
    server.closeIdleConnections();
  };
  return { server, drain, close: (graceMs = GRACE_MS) => closeServer(server, drain, graceMs) };
}

async function closeServer(server: Server, drain: () => void, graceMs: number): Promise<void> {
  drain();
  await new Promise<void>((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections();
    }, graceMs);
    // Closes connections that become idle after the drain has begun.
    const sweep = setInterval(() => {
      server.closeIdleConnections();
    }, 100);
    server.close(() => {
      clearTimeout(cut);
      clearInterval(sweep);
      resolve();
    });
  });
}
