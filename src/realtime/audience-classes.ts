/**
 * The audience classes of one tenant on this node: events are filtered once per class, and classes with the same
 * outcome share a frame.
 */
import type { EventsFrame } from '../contract/events.ts';
import type { TenantId } from '../contract/ids.ts';
import { judge, toClient, viewOf, type StateOf, type Verdict, type View } from '../inbox/audience.ts';
import { abilityFor, abilityHash } from '../inbox/team/ability.ts';
import type { LiveGrant } from '../inbox/team/live-member.ts';
import { groupBy } from '../lib/group-by.ts';
import { cutFrames, TOMBSTONE_BYTES, type MeasuredEvent, type SizedEvent } from './frames.ts';
import { classRoom } from './rooms.ts';

/** Receives a class's frames one by one, for connections that are not in a room. */
export interface ClassSink {
  send(frame: EventsFrame): void;
}

/** Connections whose compiled rules are equal. All of them have been offered everything up to `lastTo`. */
export interface AudienceClass {
  readonly hash: string;
  readonly room: string;
  readonly view: View;
  readonly sinks: Set<ClassSink>;
  lastTo: number;
  members: number;
}

/** Sends one frame to rooms of this node. */
export type EmitFrame = (rooms: readonly string[], frame: EventsFrame) => void;

/** A part of the log that is being delivered. All events are after `from`; `to` is the last of them. */
export interface Batch {
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
  readonly events: readonly MeasuredEvent[];
}

const CODES: Readonly<Record<Verdict, string>> = { deliver: 'd', tombstone: 't', hide: '-' };

/** Turns verdicts into sized public events. Pure. */
export function publicEvents(
  events: readonly MeasuredEvent[],
  verdicts: readonly Verdict[],
  stateOf: StateOf,
): SizedEvent[] {
  return events.flatMap((event, index) => {
    const verdict = verdicts[index] ?? 'hide';
    const shown = toClient(event, verdict, stateOf);
    if (shown === null) return [];
    return [{ event: shown, bytes: verdict === 'tombstone' ? TOMBSTONE_BYTES : event.bytes }];
  });
}

/** All methods are synchronous, which makes joining atomic with respect to delivery. */
export class AudienceClasses {
  readonly #tenantId: TenantId;
  readonly #emit: EmitFrame;
  readonly #classes = new Map<string, AudienceClass>();

  constructor(tenantId: TenantId, emit: EmitFrame) {
    this.#tenantId = tenantId;
    this.#emit = emit;
  }

  /** The class of this grant, brought level with `at`, with one more member. */
  enter(grant: LiveGrant, at: { readonly epoch: string; readonly seq: number }): AudienceClass {
    const ability = abilityFor(grant);
    const hash = abilityHash(ability);
    let found = this.#classes.get(hash);
    if (found === undefined) {
      const room = classRoom(this.#tenantId, hash);
      found = { hash, room, view: viewOf(ability), sinks: new Set(), lastTo: at.seq, members: 0 };
      this.#classes.set(hash, found);
    }
    this.#moveOn(found, at.epoch, at.seq);
    found.members += 1;
    return found;
  }

  /** Removes one member; an empty class is forgotten. */
  leave(seat: AudienceClass): void {
    seat.members -= 1;
    if (seat.members === 0) this.#classes.delete(seat.hash);
  }

  /**
   * Filters once per class and emits once per outcome. Classes that see none of the events are moved on later, by
   * `flush`.
   */
  deliver(batch: Batch, stateOf: StateOf): number {
    const outcomes = new Map<string, { verdicts: Verdict[]; classes: AudienceClass[] }>();
    for (const each of this.#classes.values()) {
      const verdicts = batch.events.map((event) => judge(event, each.view));
      if (verdicts.every((verdict) => verdict === 'hide')) continue;
      const key = `${String(each.lastTo)}:${verdicts.map((verdict) => CODES[verdict]).join('')}`;
      const same = outcomes.get(key);
      if (same === undefined) outcomes.set(key, { verdicts, classes: [each] });
      else same.classes.push(each);
    }
    let published = 0;
    for (const { verdicts, classes } of outcomes.values()) {
      const shown = publicEvents(batch.events, verdicts, stateOf);
      const from = classes[0]?.lastTo ?? batch.from;
      for (const frame of cutFrames(shown, { epoch: batch.epoch, from, to: batch.to })) this.#tell(classes, frame);
      for (const each of classes) each.lastTo = batch.to;
      published += shown.length;
    }
    return published;
  }

  /** Empty frames for the classes that are behind, so that their cursors move. */
  flush(epoch: string, seq: number): void {
    const behind = [...this.#classes.values()].filter(({ lastTo }) => lastTo < seq);
    for (const [from, classes] of groupBy(behind, ({ lastTo }) => lastTo)) {
      this.#tell(classes, { epoch, from, to: seq, events: [] });
      for (const each of classes) each.lastTo = seq;
    }
  }

  /** The log was cut: everybody resyncs and continues at `seq`. */
  jump(seq: number): void {
    for (const each of this.#classes.values()) each.lastTo = seq;
  }

  #moveOn(seat: AudienceClass, epoch: string, seq: number): void {
    if (seat.lastTo >= seq) return;
    this.#tell([seat], { epoch, from: seat.lastTo, to: seq, events: [] });
    seat.lastTo = seq;
  }

  #tell(classes: readonly AudienceClass[], frame: EventsFrame): void {
    this.#emit(
      classes.map((each) => each.room),
      frame,
    );
    for (const each of classes) for (const sink of each.sinks) sink.send(frame);
  }
}
