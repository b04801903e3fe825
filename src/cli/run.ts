/**
 * Finds the typed command, runs it and reports the outcome: exit code 0, 1 (refused or failed), 2 (wrong command line)
 * or 78 (wrong environment).
 */
import { parseArgs } from 'node:util';
import { InboxError, type ErrorCode } from '../contract/errors.ts';
import { ConfigError } from '../platform/config.ts';
import { UsageError, type CliArgs, type CliCommand, type CliContext, type CliResult } from './command.ts';
import { postgresTrouble } from './engines.ts';

/** Where the answer goes: stdout and stderr of the process, or buffers of a test. */
export interface CliIo {
  out(text: string): void;
  err(text: string): void;
}

/** What a run needs. */
export interface CliDeps {
  readonly commands: readonly CliCommand[];
  readonly io: CliIo;
  readonly context: CliContext;
}

/** `running`: an entry point was started and must not be ended. */
export interface CliEnd {
  readonly exitCode: number;
  readonly running: boolean;
}

/** The exit code of every process whose environment is wrong. */
const EX_CONFIG = 78;

/** C0 without tab and newline, DEL, C1. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

const ended = (exitCode: number): CliEnd => ({ exitCode, running: false });

/** The command with the most words that the arguments begin with. */
function findCommand(commands: readonly CliCommand[], argv: readonly string[]): CliCommand | undefined {
  const fits = commands.filter(({ path }) => path.split(' ').every((word, index) => argv[index] === word));
  return fits.sort((a, b) => b.path.length - a.path.length)[0];
}

function usageOf(command: CliCommand): string {
  return `usage: hunfly ${command.path} ${command.usage}`.trimEnd();
}

function helpOf(command: CliCommand): string {
  const { path, about, example, details } = command;
  const parts = [`${usageOf(command)}\n${about}`, example && `example: hunfly ${path} ${example}`, details];
  return `${parts.filter((part) => part !== undefined).join('\n\n')}\n`;
}

function help(commands: readonly CliCommand[]): string {
  const lines = commands.map(
    (command) => `  hunfly ${command.path} ${command.usage}`.trimEnd() + `\n      ${command.about}`,
  );
  return `${lines.join('\n')}\n\nEach takes --json (one JSON document on stdout) and --help.`;
}

/** Runs one command line. Never rejects. */
export async function runCli(argv: readonly string[], given: CliDeps): Promise<CliEnd> {
  const deps = { ...given, io: harmless(given.io) };
  const command = findCommand(deps.commands, argv);
  if (command === undefined) return unknownCommand(argv, deps);
  const rest = argv.slice(command.path.split(' ').length);
  const wantsJson = rest.includes('--json');
  try {
    const args = parse(command, rest);
    if (args.flags['help'] === true) {
      const { path, usage, about, example, details } = command;
      const told = { commands: [{ path, usage, about, example, details }] };
      deps.io.out(wantsJson ? `${JSON.stringify(told)}\n` : helpOf(command));
      return ended(0);
    }
    const result = await command.run(args, deps.context);
    await show(deps.io, result, wantsJson);
    return { exitCode: result.exitCode ?? 0, running: result.running ?? false };
  } catch (error) {
    const trouble = postgresTrouble(error, () => deps.context.config.databaseUrl);
    return failed(trouble ?? error, { command, wantsJson, io: deps.io });
  }
}

/**
 * Much of what is shown was written by strangers, and a terminal obeys control characters. They are shown as `\u001b`,
 * which in a JSON document means the same.
 */
function harmless(io: CliIo): CliIo {
  const shown = (text: string): string => text.replace(CONTROLS, (char) => `\\u${hex(char)}`);
  return {
    out: (text) => {
      io.out(shown(text));
    },
    err: (text) => {
      io.err(shown(text));
    },
  };
}

const hex = (char: string): string => char.charCodeAt(0).toString(16).padStart(4, '0');

function unknownCommand(argv: readonly string[], { io, commands }: CliDeps): CliEnd {
  const group = commands.filter(({ path }) => path.startsWith(`${argv[0] ?? ''} `));
  const asked = argv.length === 0 || argv.some((word) => word === '--help' || word === '-h' || word === 'help');
  if (asked) {
    const shown = group.length === 0 ? commands : group;
    const list = shown.map(({ path, usage, about }) => ({ path, usage, about }));
    io.out(`${argv.includes('--json') ? JSON.stringify({ commands: list }) : help(shown)}\n`);
    return ended(0);
  }
  const message = unknownName(argv, group);
  if (argv.includes('--json')) io.out(`${JSON.stringify({ error: { code: 'invalid_input', message } })}\n`);
  io.err(`UnknownCommand: ${message}\n`);
  io.err('usage: hunfly <command>, see hunfly --help\n');
  return ended(2);
}

/** `group`: the commands that begin with the first word. */
function unknownName(argv: readonly string[], group: readonly CliCommand[]): string {
  const words = argv.filter((word) => !word.startsWith('-'));
  if (words.length === 0) return 'a command is missing';
  const there = group.map(({ path }) => `"${path}"`).join(', ');
  return `there is no command "${words.join(' ')}"${there === '' ? '' : `, but ${there}`}`;
}

function parse(command: CliCommand, rest: readonly string[]): CliArgs {
  try {
    const { values, positionals } = parseArgs({
      args: [...rest],
      options: { ...command.options, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
    const flags = values as CliArgs['flags'];
    if (flags['help'] !== true) checkWords(command, positionals);
    return { flags, words: positionals };
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(mistypedFlag(error)) : error;
  }
}

function checkWords({ words = [] }: CliCommand, given: readonly string[]): void {
  const missing = words[given.length];
  if (missing !== undefined && !missing.startsWith('[')) throw new UsageError(`${missing} is missing`);
  const stray = given[words.length];
  if (stray !== undefined) throw new UsageError(`"${stray}" is one word too many`);
}

/** The message of parseArgs, without its advice on dashes. */
function mistypedFlag({ message, ...error }: TypeError & { readonly code?: string }): string {
  const flag = /--[\w-]+/.exec(message)?.[0] ?? '';
  if (error.code !== 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') return message.replace(/\. To specify .*$/s, '');
  return message.includes('does not take') ? `${flag} takes no value` : `${flag} needs a value`;
}

async function show(io: CliIo, result: CliResult, wantsJson: boolean): Promise<void> {
  if (result.running === true) return;
  if (result.lines !== undefined) {
    await showLines(io, result.lines, wantsJson);
    return;
  }
  const answer = wantsJson ? JSON.stringify(result.json) : result.text;
  if (answer !== '') io.out(`${answer}\n`);
}

/** One document is printed only when it is whole, so that a failure never follows half of one. */
async function showLines(io: CliIo, lines: AsyncIterable<string>, wantsJson: boolean): Promise<void> {
  const items: string[] = [];
  for await (const line of lines) {
    if (wantsJson) items.push(line);
    else io.out(`${line}\n`);
  }
  if (wantsJson) io.out(`{"items":[${items.join(',')}]}\n`);
}

function failed(
  error: unknown,
  { command, wantsJson, io }: { readonly command: CliCommand; readonly wantsJson: boolean; readonly io: CliIo },
): CliEnd {
  const { code, exitCode } = verdictOn(error);
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (wantsJson) io.out(`${JSON.stringify({ error: { code, message } })}\n`);
  io.err(`${name}: ${message}\n`);
  if (exitCode === 2) io.err(`${usageOf(command)}\n`);
  return ended(exitCode);
}

function verdictOn(error: unknown): { readonly code: ErrorCode; readonly exitCode: number } {
  if (error instanceof ConfigError) return { code: 'unavailable', exitCode: EX_CONFIG };
  if (error instanceof UsageError) return { code: 'invalid_input', exitCode: 2 };
  if (!(error instanceof InboxError)) return { code: 'internal', exitCode: 1 };
  return { code: error.code, exitCode: error.code === 'invalid_input' ? 2 : 1 };
}
