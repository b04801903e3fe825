/** The durable events as server-sent events, for scripts. */
import type { ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { Context } from 'koa';
import type Router from '@koa/router';
import { invalidFields } from '../contract/errors.ts';
import type { Cursor, EventsFrame } from '../contract/events.ts';
import type { EventFeed, EventSink } from '../inbox/event-feed.ts';
import type { Limiter } from './rate-limit.ts';
import { authenticate, type HttpSessions } from './sessions.ts';

/** What the event stream depends on. */
export interface EventsDeps {
  readonly sessions: HttpSessions;
  readonly feed: EventFeed;
  readonly perTenant: Limiter;
}

const PING_EVERY_MS = 15_000;
/**
 * How much may wait for a slow reader, besides what it missed. Beyond it the stream is cut; the reader resumes by its
 * last id.
 */
const MAX_WAITING_BYTES = 1024 * 1024;

/** Adds `GET /api/inbox/events`. */
export function registerEvents(router: Router, deps: EventsDeps): void {
  router.get('/api/inbox/events', async (ctx) => {
    const caller = await authenticate(ctx, deps.sessions);
    await deps.perTenant.take(caller.tenantId);
    const cursor = parseCursor(ctx.get('last-event-id'));
    const stream = new EventStream(ctx);
    const unsubscribe = await deps.feed.subscribe(caller, cursor, stream);
    stream.open();
    try {
      await stream.closed;
    } finally {
      unsubscribe();
    }
  });
}

/** Parses `epoch:seq`, as this route wrote it into `id`. Throws `invalid_input`. */
function parseCursor(text: string): Cursor | null {
  if (text === '') return null;
  const match = /^([\w-]{1,64}):(\d{1,15})$/.exec(text);
  if (match === null) {
    throw invalidFields([{ path: 'last-event-id', message: 'must be an id that this address gave out' }]);
  }
  return { epoch: match[1] ?? '', seq: Number(match[2]) };
}

/** Frames written before `open` are kept: a failing subscription can then still be answered with a status. */
class EventStream implements EventSink {
  readonly closed: Promise<unknown>;
  readonly #ctx: Context;
  readonly #response: ServerResponse;
  #early: string[] | null = [];
  #ended = false;
  #maxWaitingBytes = MAX_WAITING_BYTES;

  constructor(ctx: Context) {
    this.#ctx = ctx;
    this.#response = ctx.res;
    this.closed = once(ctx.res, 'close');
    // An error of the socket is followed by `close`.
    this.closed.catch(() => undefined);
  }

  /** Sends the head and the frames kept so far, and keeps the connection alive with a ping every 15 s. */
  open(): void {
    this.#ctx.respond = false;
    this.#ctx.req.socket.setNoDelay(true);
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    const missed = `: connected\n\n${(this.#early ?? []).join('')}`;
    this.#early = null;
    // Not counted as waiting: a reader that is cut for it would never get past it.
    this.#maxWaitingBytes += Buffer.byteLength(missed);
    this.#write(missed);
    const timer = setInterval(() => {
      this.#write(': ping\n\n');
    }, PING_EVERY_MS);
    this.#response.once('close', () => {
      clearInterval(timer);
    });
    if (this.#ended) this.#response.end();
  }

  frame(frame: EventsFrame): void {
    this.#write(encodeFrame(frame));
  }

  resync(reason: string): void {
    this.#write(`event: resync\ndata: ${JSON.stringify({ reason })}\n\n`);
  }

  close(reason: string): void {
    this.#write(`event: goodbye\ndata: ${JSON.stringify({ reason })}\n\n`);
    this.#ended = true;
    if (this.#early === null) this.#response.end();
  }

  #write(text: string): void {
    if (this.#early !== null) {
      this.#early.push(text);
      return;
    }
    if (this.#response.writableEnded || this.#response.destroyed) return;
    this.#response.write(text);
    if (this.#response.writableLength > this.#maxWaitingBytes) this.#response.destroy();
  }
}

/** One message per event. An id without data only advances the reader's `Last-Event-ID`. */
function encodeFrame({ epoch, to, events }: EventsFrame): string {
  const messages = events.map(
    (event) => `id: ${epoch}:${String(event.seq)}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
  );
  const last = events.at(-1)?.seq;
  return last === to ? messages.join('') : `${messages.join('')}id: ${epoch}:${String(to)}\n\n`;
}
