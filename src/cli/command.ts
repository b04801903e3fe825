/** The shape of an operator's command, and its context. */
import type { ParseArgsConfig } from 'node:util';
import type { LoggedEvent } from '../inbox/event-log.ts';
import type { Clock } from '../lib/clock.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/log.ts';
import type { Database } from '../platform/postgres.ts';

/** The command line is wrong: the usage line follows and the exit code is 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** Flags and words after the command's name. */
export interface CliArgs {
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  readonly words: readonly string[];
}

/** Everything is opened on first use, and closed by the runner. */
export interface CliContext {
  readonly config: Config;
  readonly log: Logger;
  readonly clock: Clock;
  database(): Database;
  /** Tells running gateways at once what was logged; without Redis they notice within 2 s. Never rejects. */
  announce(logged: readonly LoggedEvent[]): Promise<void>;
}

/**
 * `json` is printed with `--json`, `text` otherwise. `lines` replaces both where there may be too much for memory: JSON
 * documents, one per line; only with `--json` they are gathered, as the `items` of one document. `running`: the process
 * keeps running.
 */
export interface CliResult {
  readonly json: unknown;
  readonly text: string;
  readonly exitCode?: number;
  readonly lines?: AsyncIterable<string>;
  readonly running?: boolean;
}

/** One command. `path` is its name as typed; `usage` shows its flags, `example` a call with values, if it takes any. */
export interface CliCommand {
  readonly path: string;
  readonly usage: string;
  readonly example?: string;
  readonly about: string;
  /** Longer text, shown only by this command's `--help`. */
  readonly details?: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** Positional arguments, as usage names them; those in brackets come last and may be omitted. Default none. */
  readonly words?: readonly string[];
  run(args: CliArgs, context: CliContext): Promise<CliResult>;
}

/** A flag's text. Throws UsageError when it is missing or empty. */
export function required(args: CliArgs, name: string): string {
  const value = optional(args, name);
  if (value === null) throw new UsageError(`--${name} is missing`);
  return value;
}

/** A flag's text, or null when it was not given. Throws UsageError for an empty one. */
export function optional(args: CliArgs, name: string): string | null {
  const value = args.flags[name];
  if (typeof value !== 'string') return null;
  if (value.trim() === '') throw new UsageError(`--${name} must not be empty`);
  return value;
}

/** A flag that takes one of a few values. Throws UsageError naming them. */
export function choice<T extends string>(args: CliArgs, name: string, allowed: readonly T[]): T {
  const value = required(args, name);
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new UsageError(`--${name} must be one of ${allowed.join(', ')}`);
  return found;
}

/** The value of `--keep-days`: undefined when it was not given, null for `off`. Throws UsageError. */
export function keepDaysOf(args: CliArgs): number | null | undefined {
  const given = optional(args, 'keep-days');
  if (given === null) return undefined;
  if (given === 'off') return null;
  if (!/^\d{1,9}$/.test(given)) throw new UsageError('--keep-days must be a number of days, or off');
  return Number(given);
}
