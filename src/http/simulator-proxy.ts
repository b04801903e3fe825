/** For development: the WhatsApp simulator's page and controls under the inbox's own address. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Context, Middleware } from 'koa';
import type { Logger } from '../platform/log.ts';

const CONNECT_DEADLINE_MS = 10_000;
/** Headers that apply to one connection only, or that the simulator sets for its own page. */
const NOT_PASSED_ON = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'proxy-authenticate',
]);

/** Forwards `/simulator` and everything below it to `target`, and nothing to anywhere else. */
export function proxySimulator(target: string, log: Logger): Middleware {
  return async (ctx, next) => {
    const url = simulatorUrl(ctx, target);
    if (url === null) {
      await next();
      return;
    }
    const answer = await forward(ctx, url, log);
    if (answer === null) {
      ctx.status = 502;
      ctx.body = 'The simulator does not answer.';
      return;
    }
    ctx.respond = false;
    // The simulator's page brings its own browser policies, or none.
    ctx.remove('content-security-policy');
    for (const [name, value] of Object.entries(answer.headers)) {
      if (value !== undefined && !NOT_PASSED_ON.has(name)) ctx.res.setHeader(name, value);
    }
    ctx.res.writeHead(answer.statusCode ?? 502);
    await pipeline(answer, ctx.res).catch(() => {
      ctx.res.destroy();
    });
  };
}

/**
 * The simulator's address for the request; null if the request is not for the simulator. Host and port are always the
 * target's, even if the request line is absolute, and `..` cannot leave the simulator's own paths.
 */
function simulatorUrl(ctx: Context, target: string): URL | null {
  if (!isBelow(ctx.path)) return null;
  const url = new URL(target);
  url.pathname = ctx.path;
  url.search = ctx.querystring;
  return isBelow(url.pathname) ? url : null;
}

function isBelow(path: string): boolean {
  return path === '/simulator' || path.startsWith('/simulator/');
}

/** Null when the simulator does not answer. */
function forward(ctx: Context, url: URL, log: Logger): Promise<IncomingMessage | null> {
  return new Promise((resolve) => {
    const headers = { ...ctx.req.headers, connection: 'close' };
    const outgoing = httpRequest(url, { method: ctx.method, headers }, (answer) => {
      outgoing.setTimeout(0);
      resolve(answer);
    });
    outgoing.setTimeout(CONNECT_DEADLINE_MS, () => {
      outgoing.destroy(new Error('the simulator did not answer in time'));
    });
    outgoing.on('error', (error) => {
      log.warn({ err: error }, 'The simulator does not answer.');
      resolve(null);
    });
    ctx.res.once('close', () => {
      outgoing.destroy();
    });
    ctx.req.pipe(outgoing);
  });
}
