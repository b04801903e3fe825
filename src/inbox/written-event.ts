/** Events of the log as the text that Postgres wrote: what nobody reads is neither parsed nor serialised again. */
import type { LogEvent, LogEventHead as Head } from '../contract/jobs.ts';

/**
 * What `log_event_json` writes before the data, which comes last. It cannot occur inside a string, where quotes are
 * escaped.
 */
const BEFORE_DATA = ',"data":';

/** A LogEvent of which everything but the data has been parsed. */
export class WrittenEvent implements LogEvent {
  readonly seq: Head['seq'];
  readonly at: Head['at'];
  readonly type: Head['type'];
  readonly threadId: Head['threadId'];
  readonly assigneeBefore: Head['assigneeBefore'];
  readonly assigneeAfter: Head['assigneeAfter'];
  readonly created: Head['created'];
  readonly receivedAtMs: Head['receivedAtMs'];
  /** Approximate size as JSON. */
  readonly bytes: number;
  readonly #data: string;

  /** Throws where it is not what `log_event_json` writes. */
  constructor(text: string) {
    const end = text.indexOf(BEFORE_DATA);
    if (end < 0) throw new Error('an event of the log without data');
    const head = JSON.parse(`${text.slice(0, end)}}`) as Head;
    this.seq = head.seq;
    this.at = head.at;
    this.type = head.type;
    this.threadId = head.threadId;
    this.assigneeBefore = head.assigneeBefore;
    this.assigneeAfter = head.assigneeAfter;
    this.created = head.created;
    this.receivedAtMs = head.receivedAtMs;
    this.bytes = text.length;
    this.#data = text.slice(end + BEFORE_DATA.length, -1);
  }

  /** Parsed on each access. */
  get data(): LogEvent['data'] {
    return JSON.parse(this.#data) as LogEvent['data'];
  }

  shown(): ShownEvent {
    return new ShownEvent(this, this.#data);
  }
}

/** An event in its public shape. `JSON.stringify` works as for any other event; `text` is cheaper. */
export class ShownEvent {
  readonly seq: number;
  readonly at: string;
  readonly type: string;
  readonly #data: string;

  constructor({ seq, at, type }: Pick<Head, 'seq' | 'at' | 'type'>, data: string) {
    this.seq = seq;
    this.at = at;
    this.type = type;
    this.#data = data;
  }

  /** Parsed on each access. */
  get data(): LogEvent['data'] {
    return JSON.parse(this.#data) as LogEvent['data'];
  }

  get text(): string {
    return `{"seq":${String(this.seq)},"at":"${this.at}","type":"${this.type}","data":${this.#data}}`;
  }

  toJSON(): Pick<LogEvent, 'seq' | 'at' | 'type' | 'data'> {
    const { seq, at, type, data } = this;
    return { seq, at, type, data };
  }
}
