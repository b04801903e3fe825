/** Tells every gateway that a log has grown, right after the commit. May lose messages: tailers poll as well. */
import { randomUUID } from 'node:crypto';
import { HintsLine, LogEventHead, type Hint } from '../contract/jobs.ts';
import { groupBy } from '../lib/group-by.ts';
import { channelFor, type ChannelPublisher } from './channels.ts';
import type { LoggedEvent } from './event-log.ts';
import { WrittenEvent } from './written-event.ts';

/**
 * Redis pub/sub channel. Written by any process that committed log events (gateways, workers), read by the tailers of
 * every gateway; nothing is stored.
 */
export const HINT_CHANNEL = 'hunfly:hints';

/** Approximate maximum of a message. A single larger event is not included: tailers read it from the log. */
const MESSAGE_BYTES = 128 * 1024;

/** Reaches other processes through Redis, and this process directly. */
export interface HintPublisher extends ChannelPublisher {
  /** The tailers of this process; absent if there are none. */
  readonly own?: OwnHints;
}

/** Consecutive events of one tenant, those after `from` up to `to`, at most as many as fit into one message. */
export interface LoggedRun extends Omit<Hint, 'sizes'> {
  readonly events: readonly LoggedEvent[];
  /** Size of the events as JSON. */
  readonly bytes: number;
}

/** Tells tailers synchronously; true when they took everything and need not hear it again. Must not throw. */
export type TellTailers = (runs: readonly LoggedRun[]) => boolean;

/**
 * Passes what a process commits to its own tailers, in the same turn and without Redis. A hint that they have taken
 * goes to other processes with a mark, by which this process recognises it when it comes back.
 */
export class OwnHints {
  readonly #mark = `{"toldBy":"${randomUUID()}",`;
  #tell: TellTailers = () => false;

  /** Sets the tailers that `tell` passes events to. One per process. */
  listen(tell: TellTailers): void {
    this.#tell = tell;
  }

  /** Tells the tailers; returns the beginning of the message for other processes. */
  tell(runs: readonly LoggedRun[]): string {
    return this.#tell(runs) ? this.#mark : UNTOLD;
  }

  /** True for a message of the channel that came from here and was taken by everybody here. */
  isEcho(message: Buffer): boolean {
    return message.toString('latin1', 0, this.#mark.length) === this.#mark;
  }
}

const UNTOLD = '{';

/**
 * Messages for a batch, in order, usually one: a line `{"hints":[Hint, …]}` and then the events (contract/jobs.ts). A
 * long batch needs several, and a tenant's events may be in more than one of them; its hints then continue each other.
 */
export function encodeHints(runs: readonly LoggedRun[], beginning = UNTOLD): string[] {
  const messages: string[] = [];
  let together: LoggedRun[] = [];
  let bytes = 0;
  for (const run of runs) {
    if (bytes > 0 && bytes + run.bytes > MESSAGE_BYTES) {
      messages.push(encodeMessage(together, beginning));
      [together, bytes] = [[], 0];
    }
    together.push(run);
    bytes += run.bytes;
  }
  return [...messages, encodeMessage(together, beginning)];
}

/** A hint as received; `events` are the bytes of its events, one after the other. */
export interface HeardHint extends Hint {
  readonly events: Buffer;
}

/** The hints of a message; none if the message is not ours. */
export function decodeHints(message: Buffer): HeardHint[] {
  const end = message.indexOf(LINE_END);
  const line = HintsLine.safeParse(parseLine(message.toString('utf8', 0, Math.max(0, end))));
  let at = end + 1;
  const heard = (line.data?.hints ?? []).map((hint) => {
    const size = sum(hint.sizes ?? []);
    const events = message.subarray(at, at + size);
    at += size;
    return { ...hint, events };
  });
  // Nobody parses the data before it reaches the screens, so data cut anywhere but between events must stop here.
  return at === message.length ? heard : [];
}

/** The events of a hint. Throws when they are not ours. */
export function eventsOf({ sizes = [], events }: HeardHint): WrittenEvent[] {
  let at = 0;
  // Each gets a string of its own: a substring would retain the whole message.
  return sizes.map((size) => {
    const event = new WrittenEvent(events.toString('utf8', at, (at += size)));
    LogEventHead.parse(event);
    return event;
  });
}

/** Announces what a transaction logged, here first. Call it only after the commit has returned. */
export function publishHints(publisher: HintPublisher, logged: readonly LoggedEvent[]): void {
  if (logged.length === 0) return;
  const runs = runsOf(logged);
  const beginning = publisher.own?.tell(runs);
  const byChannel = groupBy(runs, ({ tenantId }) => channelFor(publisher, HINT_CHANNEL, tenantId));
  for (const [channel, together] of byChannel) {
    for (const message of encodeHints(together, beginning)) publisher.publish(channel, message);
  }
}

/** Grouped by tenant, in the given order. */
export function runsOf(logged: readonly LoggedEvent[]): LoggedRun[] {
  const runs: OpenRun[] = [];
  const open = new Map<string, OpenRun>();
  for (const event of logged) {
    const size = event.event.length;
    const current = open.get(event.tenantId);
    if (current !== undefined && current.bytes + size <= MESSAGE_BYTES) {
      current.events.push(event);
      current.to = event.seq;
      current.bytes += size;
      continue;
    }
    const { tenantId, epoch, seq } = event;
    const run = { tenantId, epoch, from: seq - 1, to: seq, events: [event], bytes: size };
    open.set(tenantId, run);
    runs.push(run);
  }
  return runs;
}

interface OpenRun extends LoggedRun {
  readonly events: LoggedEvent[];
  to: number;
  bytes: number;
}

const LINE_END = '\n';

function encodeMessage(runs: readonly LoggedRun[], beginning: string): string {
  const carried = runs.flatMap((run) => (isCarried(run) ? run.events : []));
  // The events are JSON text already: joined, not parsed and serialised again.
  return `${beginning}"hints":[${runs.map(encodeHint).join(',')}]}${LINE_END}${carried.map(({ event }) => event).join('')}`;
}

function isCarried({ bytes }: LoggedRun): boolean {
  return bytes <= MESSAGE_BYTES;
}

function encodeHint(run: LoggedRun): string {
  const { tenantId, epoch, from, to, events } = run;
  const sizes = isCarried(run) ? { sizes: events.map(({ event }) => Buffer.byteLength(event)) } : {};
  return JSON.stringify({ tenantId, epoch, from, to, ...sizes } satisfies Hint);
}

function parseLine(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whatever it was, polling finds what it announced.
    return null;
  }
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}
