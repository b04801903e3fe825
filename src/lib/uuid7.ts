/** UUID version 7 (RFC 9562 section 5.7): ids that sort by the time they were created. */
import { randomFillSync } from 'node:crypto';
import { systemClock } from './clock.ts';

interface Stream {
  /** The instant that was requested last; `ms` runs ahead of it when that millisecond is full. */
  asked: number;
  ms: number;
  counter: number;
}

/** The 12 bits after the timestamp count up within a millisecond; a random start below half leaves room to count. */
const COUNTER_LIMIT = 0x1000;

const live: Stream = { asked: 0, ms: 0, counter: 0 };
const given: Stream = { asked: -1, ms: -1, counter: 0 };

function advance(stream: Stream, asked: number, seed: number): void {
  // Live ids only ever move forward; an explicit instant is used as given.
  const fresh = stream === live ? asked > stream.ms : asked !== stream.asked;
  stream.asked = asked;
  if (fresh) {
    stream.ms = asked;
    stream.counter = seed & 0x7ff;
    return;
  }
  stream.counter += 1;
  if (stream.counter < COUNTER_LIMIT) return;
  stream.ms += 1;
  stream.counter = 0;
}

/**
 * Random bytes for many ids at once, because requesting them from the system for each id would be its greatest cost.
 */
const pool = Buffer.alloc(4096);
let used = pool.length;

/** 16 bytes for the caller to overwrite, never handed out before. */
function freshBytes(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += 16;
  return pool.subarray(used - 16, used);
}

/**
 * A UUIDv7 string. Without an argument every id of this process is greater than the one before, even when the clock
 * steps back. With `nowMs` the id carries that instant (from about 2000 ids on the next), and only ids asked for in a row for the
 * same instant are ordered.
 */
export function uuid7(nowMs?: number): string {
  const bytes = freshBytes();
  const stream = nowMs === undefined ? live : given;
  const ms = nowMs === undefined ? systemClock.nowMs() : Math.max(0, Math.floor(nowMs));
  advance(stream, ms, bytes.readUInt16BE(6));
  bytes.writeUIntBE(stream.ms, 0, 6);
  bytes.writeUInt16BE(0x7000 | stream.counter, 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
