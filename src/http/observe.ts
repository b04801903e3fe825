/** Who is who among requests: correlation id, one log line, two metrics. */
import type { Context, Middleware } from 'koa';
import { correlationId, isChosenId, runWithCorrelation, type Logger } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import { uuid7 } from '../lib/uuid7.ts';

const SANE_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Takes the caller's `x-correlation-id` if it is sane, else makes one; every answer carries it. */
export function correlate(): Middleware {
  return (ctx, next) => {
    const given = ctx.get('x-correlation-id');
    const id = SANE_ID.test(given) ? given : uuid7();
    ctx.set('x-correlation-id', id);
    return runWithCorrelation(id, next);
  };
}

/** Routes that machines call all the time: their successes are logged at `debug`, unless the caller named its request. */
const FREQUENT = /^\/(api\/webhooks|health|metrics)\b/;

/** The pattern of the route that answered: a label must not grow with the number of threads. */
export function routeOf(ctx: Context): string {
  const { _matchedRoute: matched } = ctx as { _matchedRoute?: unknown };
  return typeof matched === 'string' ? matched : 'other';
}

/** Counts and logs each request when its answer is decided. Neither path parameters nor queries are logged. */
export function observe(log: Logger, metrics: Pick<Metrics, 'httpRequests' | 'httpRequestDuration'>): Middleware {
  return async (ctx, next) => {
    const startedMs = performance.now();
    try {
      await next();
    } finally {
      const durationMs = performance.now() - startedMs;
      const { method, status } = ctx;
      const route = routeOf(ctx);
      metrics.httpRequests.inc({ method: METHODS.has(method) ? method : 'other', route, status: String(status) });
      metrics.httpRequestDuration.observe({ method: METHODS.has(method) ? method : 'other', route }, durationMs / 1000);
      const quiet = status < 400 && FREQUENT.test(route) && !isChosenId(correlationId() ?? '');
      const level = quiet ? 'debug' : 'info';
      log[level]({ method, path: route, status, durationMs: Math.round(durationMs) }, 'Request answered.');
    }
  };
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
