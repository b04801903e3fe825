/** Makes requests traceable: correlation id, one log line, two metrics. */
import type { Context, Middleware } from 'koa';
import { chooseCorrelationId, correlationId, isChosenId, runWithCorrelation, type Logger } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';

/** Puts the request's id on the answer and on everything logged meanwhile. */
export function correlate(): Middleware {
  return (ctx, next) => {
    const id = chooseCorrelationId(ctx.req);
    ctx.set('x-correlation-id', id);
    return runWithCorrelation(id, next);
  };
}

/** Routes that machines call constantly: successes are logged at `debug`, unless the caller chose the request's id. */
const FREQUENT = /^\/(api\/webhooks|health|metrics)\b/;

/**
 * The pattern of the route that answered, because the number of label values must not grow with the number of threads.
 */
export function routeOf(ctx: Context): string {
  const { _matchedRoute: matched } = ctx as { _matchedRoute?: unknown };
  return typeof matched === 'string' ? matched : 'other';
}

/** Where requests are counted and logged. */
export interface ObserveDeps {
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'httpRequests' | 'httpRequestDuration'>;
}

/** `startedMs` is monotonic; `route` is a pattern. */
interface Answer {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly startedMs: number;
  readonly correlationId: string;
}

/** Counts and logs a request once its answer is decided. Path parameters and queries are not logged. */
export function recordAnswer({ log, metrics }: ObserveDeps, answer: Answer): void {
  const { route, status, startedMs, correlationId } = answer;
  const durationMs = performance.now() - startedMs;
  const method = METHODS.has(answer.method) ? answer.method : 'other';
  metrics.httpRequests.inc({ method, route, status: String(status) });
  metrics.httpRequestDuration.observe({ method, route }, durationMs / 1000);
  const level = status < 400 && FREQUENT.test(route) && !isChosenId(correlationId) ? 'debug' : 'info';
  const fields = { method: answer.method, path: route, status, durationMs: Math.round(durationMs), correlationId };
  log[level](fields, 'Request answered.');
}

/** Records each request as `recordAnswer` does. */
export function observe(deps: ObserveDeps): Middleware {
  return async (ctx, next) => {
    const startedMs = performance.now();
    try {
      await next();
    } finally {
      const { method, status } = ctx;
      recordAnswer(deps, { method, route: routeOf(ctx), status, startedMs, correlationId: correlationId() ?? '' });
    }
  };
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
