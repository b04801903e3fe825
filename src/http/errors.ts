/** The one shape of every refusal over HTTP, and the one place where a defect becomes `internal`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context, Middleware } from 'koa';
import { ERROR_STATUS, InboxError, type ErrorCode } from '../contract/errors.ts';
import { correlationId, type Logger } from '../platform/log.ts';
import { classifyDatabaseError } from '../platform/postgres.ts';

interface RefusalOptions {
  readonly status?: number;
  readonly details?: unknown;
  readonly unread?: boolean;
}

/** A refusal with an HTTP status of its own (405, 408, 415 …), or one that comes before the body was read. */
export class HttpRefusal extends InboxError {
  readonly status: number;
  /** True if the request has a body that was not read to its end. */
  readonly unread: boolean;
  constructor(code: ErrorCode, message: string, options: RefusalOptions = {}) {
    super(code, message, options.details);
    this.name = 'HttpRefusal';
    this.status = options.status ?? ERROR_STATUS[code];
    this.unread = options.unread ?? false;
  }
}

/** A request that is answered without Koa. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The HTTP status of a refusal. */
export function statusOf(refusal: InboxError): number {
  return refusal instanceof HttpRefusal ? refusal.status : ERROR_STATUS[refusal.code];
}

/** Answers with the error's public shape. `id` is the correlation id. Does not wait for unread parts of the body. */
export function sendRefusal({ request, response }: Exchange, refusal: InboxError, id: string | undefined): void {
  const unread = refusal instanceof HttpRefusal && refusal.unread;
  const payload = Buffer.from(JSON.stringify({ error: refusal.toBody(id) }));
  const retryAfter = retryAfterOf(refusal);
  response.writeHead(statusOf(refusal), {
    'content-type': 'application/json; charset=utf-8',
    'content-length': payload.length,
    ...(retryAfter !== null && { 'retry-after': retryAfter }),
    ...(unread && { connection: 'close' }),
  });
  if (!unread) {
    response.end(payload);
    return;
  }
  request.pause();
  response.write(payload);
  endLater(response);
}

/** How long the answer to a request with an unread body stays readable before the connection is cut. */
const LINGER_MS = 1000;

/**
 * Delays closing: cutting the connection at once, with unread bytes pending, would reset it before the caller has read
 * the answer.
 */
function endLater(response: ServerResponse): void {
  const end = (): void => {
    clearTimeout(timer);
    response.end();
    response.destroy();
  };
  const timer = setTimeout(end, LINGER_MS);
  response.once('close', end);
}

/** What koa and its router throw for a malformed request, e.g. an invalid URL. */
interface ExposedError extends Error {
  readonly status: number;
  readonly expose: boolean;
}

function isExposed(error: unknown): error is ExposedError {
  if (!(error instanceof Error)) return false;
  const { status, expose } = error as Partial<ExposedError>;
  return typeof status === 'number' && status >= 400 && status < 500 && expose !== false;
}

/** Answers with the error's public shape, replacing a body that was set before. */
function answerRefusal(ctx: Context, refusal: InboxError): void {
  if (refusal instanceof HttpRefusal && refusal.unread) {
    ctx.status = refusal.status;
    ctx.respond = false;
    sendRefusal({ request: ctx.req, response: ctx.res }, refusal, correlationId());
    return;
  }
  ctx.status = statusOf(refusal);
  const retryAfter = retryAfterOf(refusal);
  if (retryAfter !== null && !ctx.response.get('retry-after')) ctx.set('retry-after', retryAfter);
  ctx.body = { error: refusal.toBody(correlationId()) };
}

/** Seconds, for temporary refusals; null for others. */
function retryAfterOf({ code, details }: InboxError): string | null {
  if (code !== 'rate_limited' && code !== 'unavailable') return null;
  const { retryAfterMs } = (details ?? {}) as { retryAfterMs?: unknown };
  return String(typeof retryAfterMs === 'number' ? Math.max(1, Math.ceil(retryAfterMs / 1000)) : 1);
}

const BY_STATUS: Readonly<Record<number, { code: ErrorCode; message: string }>> = {
  404: { code: 'not_found', message: 'There is nothing at this address.' },
  405: { code: 'unsupported', message: 'This address does not take that method.' },
  501: { code: 'unsupported', message: 'This method is not supported.' },
};

/** Turns what later middleware throws into answers, and gives empty error answers a body. A defect is logged once. */
export function mapErrors(log: Logger): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      const empty = BY_STATUS[ctx.status];
      if (ctx.respond !== false && empty !== undefined && ctx.body == null) {
        answerRefusal(ctx, new HttpRefusal(empty.code, empty.message, { status: ctx.status }));
      }
    } catch (error) {
      answerRefusal(ctx, refusalOf(error, log));
    }
  };
}

function refusalOf(error: unknown, log: Logger): InboxError {
  if (error instanceof InboxError) return error;
  if (isExposed(error)) return new HttpRefusal('invalid_input', 'The request is malformed.', { status: error.status });
  if (['infrastructure', 'retry'].includes(classifyDatabaseError(error))) {
    log.warn({ err: error }, 'A request could not be answered: something it needs is away.');
    return new InboxError('unavailable', 'The inbox is not available at the moment. Try again.', {
      retryAfterMs: 1000,
    });
  }
  log.error({ err: error }, 'A request failed in a way that is a defect.');
  return new InboxError('internal', 'Something went wrong here. Try again; if it stays, tell us the correlationId.');
}
