/** Splits the events for one class into frames of bounded size. Pure. */
import type { Event, EventsFrame } from '../contract/events.ts';
import type { LogEvent } from '../contract/jobs.ts';

/** Most events in a frame. */
export const FRAME_EVENTS = 200;
/** Approximate maximum size of a frame; a single larger event travels alone. */
export const FRAME_BYTES = 256 * 1024;

/** An event with its approximate size as JSON, bytes. */
export interface SizedEvent {
  readonly event: Event;
  readonly bytes: number;
}

/** An event of the log with its approximate size as JSON, bytes. It is measured once per node, on arrival. */
export interface MeasuredEvent extends LogEvent {
  readonly bytes: number;
}

/** Approximate size of what surrounds an event's data. */
const ENVELOPE_BYTES = 128;
/** Approximate size of an event that only says that a thread has gone. */
export const TOMBSTONE_BYTES = 2 * ENVELOPE_BYTES;

/** Estimates the size by walking the data, because serialising it would cost as much as the frame itself. */
export function measured(event: LogEvent): MeasuredEvent {
  return { ...event, bytes: ENVELOPE_BYTES + roughBytes(event.data) };
}

/** Approximate size of the value as JSON, bytes. */
function roughBytes(value: unknown): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 8;
  let bytes = 2;
  for (const key in value) bytes += key.length + 4 + roughBytes((value as Record<string, unknown>)[key]);
  return bytes;
}

/** Where a chain of frames begins and ends. */
export interface FrameSpan {
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
}

/** Frames that chain from `from` to `to`; exactly one, empty, when there are no events. */
export function cutFrames(events: readonly SizedEvent[], span: FrameSpan): EventsFrame[] {
  const frames: EventsFrame[] = [];
  let current: Event[] = [];
  let bytes = 0;
  let { from } = span;
  for (const sized of events) {
    const full = current.length >= FRAME_EVENTS || bytes + sized.bytes > FRAME_BYTES;
    if (full && current.length > 0) {
      const to = current.at(-1)?.seq ?? from;
      frames.push({ epoch: span.epoch, from, to, events: current });
      [from, current, bytes] = [to, [], 0];
    }
    current.push(sized.event);
    bytes += sized.bytes;
  }
  frames.push({ epoch: span.epoch, from, to: span.to, events: current });
  return frames;
}
