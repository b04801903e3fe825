/** Structured logs that cannot contain customer data: whatever is not known to be safe is left out or masked. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { destination, pino } from 'pino';
import type { DestinationStream } from 'pino';
import { uuid7 } from '../lib/uuid7.ts';
import { LogCrowd, type CrowdedLevel } from './log-crowd.ts';
import { maskText, safeFields } from './log-redact.ts';

/** Severity names, least urgent first; `silent` turns logging off. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
/** One of LOG_LEVELS. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Fields of a log line. Keys that log-redact.ts does not know as safe are dropped. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Writes one line per call. `err` may be anything that was thrown. Never throws. Of one warning or error with the same
 * class and code of `err`, only the first ten in a second are written. The next one that is written, or a line after
 * five seconds and at the end, says how many were `skipped`.
 */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  fatal(fields: LogFields, message: string): void;
  child(fields: LogFields): Logger;
  /** Writes what is still buffered; call before the process ends. */
  flush(): void;
}

const correlation = new AsyncLocalStorage<string | undefined>();

/**
 * Runs `fn` so that every log line written inside, also after awaits, carries this correlation id, or none. Does not
 * enter the AsyncLocalStorage if that is already the case: the first entry makes every promise of the process slower
 * (Node 20, 22).
 */
export function runWithCorrelation<T>(id: string | undefined, fn: () => T): T {
  return id === correlation.getStore() ? fn() : correlation.run(id, fn);
}

/** The correlation id of the current work, if it has one. */
export function correlationId(): string | undefined {
  return correlation.getStore();
}

const SANE_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** The caller's `x-correlation-id` if it is sane, else a new one. */
export function chooseCorrelationId({ headers }: { readonly headers: NodeJS.Dict<string | string[]> }): string {
  const given = headers['x-correlation-id'];
  return typeof given === 'string' && SANE_ID.test(given) ? given : uuid7();
}

const OWN_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * True for an id that a caller chose. Such a caller wants to find its request again, even on routes too frequent to
 * log.
 */
export function isChosenId(id: string): boolean {
  return id !== '' && !OWN_ID.test(id);
}

interface Sink {
  readonly stream: DestinationStream;
  readonly flush: () => void;
}

function stdoutSink(): Sink {
  const stream = destination({ fd: 1, sync: false, minLength: 4096, periodicFlush: 250 });
  // A closed stdout (the reader of a pipe has gone) must not take the process down.
  stream.on('error', () => undefined);
  return {
    stream,
    flush: () => {
      try {
        stream.flushSync();
      } catch {
        // Not opened yet, or already closed: nothing is buffered that could still be written.
      }
    },
  };
}

type Level = 'debug' | 'info' | CrowdedLevel | 'fatal';

/** How long an outage may skip lines before the log says how many are missing. */
const TELL_LEFT_OUT_MS = 5000;

/** One per logger and its children: reports skipped lines when no further line of their kind comes. */
class LeftOutTeller {
  readonly crowd = new LogCrowd();
  readonly #inner: pino.Logger;
  #timer: NodeJS.Timeout | undefined;

  constructor(inner: pino.Logger) {
    this.#inner = inner;
  }

  soon(): void {
    this.#timer ??= setTimeout(() => {
      this.now();
    }, TELL_LEFT_OUT_MS).unref();
  }

  now(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // The lines had many callers, so no correlation id applies.
    runWithCorrelation(undefined, () => {
      for (const { level, message, skipped } of this.crowd.takeLeftOut()) {
        this.#inner[level]({ skipped }, maskText(message));
      }
    });
  }
}

function wrap(inner: pino.Logger, flush: () => void, teller: LeftOutTeller): Logger {
  const at =
    (level: Level) =>
    (fields: LogFields, message: string): void => {
      if (inner.isLevelEnabled(level)) inner[level](safeFields(fields), maskText(message));
    };
  const sparsely = (level: CrowdedLevel): ReturnType<typeof at> => {
    const write = at(level);
    return (fields, message) => {
      const skipped = teller.crowd.admit(level, message, fields['err'], performance.now());
      if (skipped === null) teller.soon();
      else write(skipped === 0 ? fields : { ...fields, skipped }, message);
    };
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: sparsely('warn'),
    error: sparsely('error'),
    fatal: at('fatal'),
    child: (fields) => wrap(inner.child(safeFields(fields)), flush, teller),
    flush,
  };
}

/** A JSON logger on stdout (asynchronous), or on `stream` for tests. */
export function createLogger(options: {
  readonly level: LogLevel;
  readonly name: string;
  readonly stream?: DestinationStream;
}): Logger {
  const sink: Sink = options.stream === undefined ? stdoutSink() : { stream: options.stream, flush: () => undefined };
  const inner = pino(
    {
      level: options.level,
      name: options.name,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (value: unknown) => value },
      mixin: () => {
        const id = correlation.getStore();
        return id === undefined ? {} : { correlationId: maskText(id) };
      },
    },
    sink.stream,
  );
  const teller = new LeftOutTeller(inner);
  const flush = (): void => {
    teller.now();
    sink.flush();
  };
  return wrap(inner, flush, teller);
}
