/** Reads request bodies by hand: bounded in bytes and time, byte for byte. */
import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import { InboxError } from '../contract/errors.ts';
import { HttpRefusal } from './errors.ts';

/** `too_large`: over the limit; `late`: it stopped flowing; `aborted`: the caller has gone; `busy`: no memory left. */
export type BodyFailure = 'too_large' | 'late' | 'aborted' | 'busy';

/** The bytes, which count against the memory limit until `release`; or why there are none. */
export type BodyResult =
  { readonly ok: true; readonly body: Buffer; release(): void } | { readonly ok: false; readonly failure: BodyFailure };

/**
 * A body has to arrive within this time. A large one may take longer while at least `MIN_TURN_BYTES` arrive per turn.
 */
const FIRST_TURN_MS = 1900;
const TURN_MS = 500;
const MIN_TURN_BYTES = 64 * 1024;
const LONGEST_MS = 30_000;

const BUSY_RETRY_MS = 5000;

/** How much one process may hold of bodies that are not authenticated yet. */
export interface BodyLimits {
  /** The first bytes of each body, up to this many, count as small. */
  readonly smallBytes: number;
  /** Limit for the small parts of all bodies together. */
  readonly smallTotal: number;
  /** Limit for everything beyond: a few huge bodies never take the room of ordinary ones. */
  readonly largeTotal: number;
}

const DEFAULT_LIMITS: BodyLimits = {
  smallBytes: 256 * 1024,
  smallTotal: 192 * 1024 * 1024,
  largeTotal: 192 * 1024 * 1024,
};

/** What one body holds. `release` may be called again. */
interface Held {
  /** False if there is no room for that many more bytes. */
  grow(bytes: number): boolean;
  readonly release: () => void;
}

/**
 * Counts the bytes of bodies that are being read or checked, so that callers without a secret cannot fill the memory.
 */
export class BodyMemory {
  readonly #limits: BodyLimits;
  #small = 0;
  #large = 0;

  constructor(limits: BodyLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
  }

  hold(): Held {
    const { smallBytes, smallTotal, largeTotal } = this.#limits;
    let small = 0;
    let large = 0;
    return {
      grow: (bytes) => {
        const moreSmall = Math.min(bytes, smallBytes - small);
        const moreLarge = bytes - moreSmall;
        if (this.#small + moreSmall > smallTotal || this.#large + moreLarge > largeTotal) return false;
        small += moreSmall;
        large += moreLarge;
        this.#small += moreSmall;
        this.#large += moreLarge;
        return true;
      },
      release: () => {
        this.#small -= small;
        this.#large -= large;
        small = 0;
        large = 0;
      },
    };
  }
}

const bodyMemory = new BodyMemory();

/** The raw bytes, at most `limit` of them: beyond that it stops reading. Never throws. */
export async function readBody(
  request: IncomingMessage,
  limit: number,
  memory: BodyMemory = bodyMemory,
): Promise<BodyResult> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit) return { ok: false, failure: 'too_large' };
  // A body that came in one piece with its head, as in nearly every webhook, is here by the next microtask.
  await Promise.resolve();
  const isWhole = announced > 0 && request.readableLength === announced;
  return isWhole ? takeWhole(request, memory) : await gather(request, limit, memory);
}

/** Reads it without timers and listeners, which cost as much as checking the body. */
function takeWhole(request: IncomingMessage, memory: BodyMemory): BodyResult {
  const body = request.read() as Buffer;
  // Only the end of the stream is left.
  request.resume();
  const held = memory.hold();
  return held.grow(body.length) ? { ok: true, body, release: held.release } : { ok: false, failure: 'busy' };
}

async function gather(request: IncomingMessage, limit: number, memory: BodyMemory): Promise<BodyResult> {
  return await new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const held = memory.hold();
    let size = 0;
    const watch = watchFlow(
      () => size,
      () => {
        finish({ ok: false, failure: 'late' });
      },
    );
    const finish = (result: BodyResult): void => {
      watch.stop();
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      if (!result.ok) {
        held.release();
        request.pause();
      }
      resolve(result);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limit) finish({ ok: false, failure: 'too_large' });
      else if (!held.grow(chunk.length)) finish({ ok: false, failure: 'busy' });
      else chunks.push(chunk);
    };
    const onEnd = (): void => {
      const body = chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks, size);
      finish({ ok: true, body, release: held.release });
    };
    const onGone = (): void => {
      finish({ ok: false, failure: 'aborted' });
    };
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

/** Calls `onStalled` when less than the minimum arrived in a turn, or when the whole body takes too long. */
function watchFlow(size: () => number, onStalled: () => void): { stop(): void } {
  const endMs = performance.now() + LONGEST_MS;
  let before = 0;
  const look = (): void => {
    const now = size();
    if (now - before < MIN_TURN_BYTES || performance.now() > endMs) onStalled();
    else timer = setTimeout(look, TURN_MS);
    before = now;
  };
  let timer = setTimeout(look, FIRST_TURN_MS);
  return {
    stop: () => {
      clearTimeout(timer);
    },
  };
}

/** Limit for bodies of the REST API. */
export const MAX_JSON_BYTES = 256 * 1024;

/**
 * The JSON object in a request's body. Throws InboxError: 415 another type or an encoding, 413 too large, 408 too late, 503 no memory
 * left, 400 not a JSON object.
 */
export async function readJson(ctx: Context): Promise<Readonly<Record<string, unknown>>> {
  if (mediaTypeOf(ctx.req) !== 'application/json') {
    throw new HttpRefusal('unsupported', 'Send the body as application/json.', { status: 415, unread: true });
  }
  refuseEncoded(ctx.req);
  const read = await readBody(ctx.req, MAX_JSON_BYTES);
  if (!read.ok) throw refusalFor(read.failure, MAX_JSON_BYTES);
  read.release();
  return parseObject(read.body);
}

/** Type and subtype of the request's content, lower case; '' where it has none. */
export function mediaTypeOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  return (headers['content-type']?.split(';')[0] ?? '').trim().toLowerCase();
}

/** Throws 415 for a body that was compressed or otherwise encoded. */
export function refuseEncoded({ headers }: Pick<IncomingMessage, 'headers'>): void {
  const encoding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return;
  throw new HttpRefusal('unsupported', 'Send the body without content-encoding.', { status: 415, unread: true });
}

/** The refusal of a body that was not read to its end. */
export function refusalFor(failure: BodyFailure, limit: number): HttpRefusal {
  if (failure === 'too_large') {
    return new HttpRefusal('payload_too_large', `The body may have at most ${String(limit)} bytes.`, { unread: true });
  }
  if (failure === 'busy') {
    const details = { retryAfterMs: BUSY_RETRY_MS };
    return new HttpRefusal('unavailable', 'Too much is arriving at once. Send it again.', { details, unread: true });
  }
  return new HttpRefusal('invalid_input', 'The body did not arrive in time.', { status: 408, unread: true });
}

function parseObject(body: Buffer): Readonly<Record<string, unknown>> {
  const value = parseJson(body);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new InboxError('invalid_input', 'The body is not a JSON object.');
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'), refuseProto) as unknown;
  } catch (error) {
    if (error instanceof InboxError) throw error;
    throw new InboxError('invalid_input', 'The body is not valid JSON.');
  }
}

/** Refuses keys named `__proto__`, which have no honest use and can poison code that copies the object later. */
function refuseProto(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new InboxError('invalid_input', 'The body must not have a key named __proto__.');
  return value;
}
