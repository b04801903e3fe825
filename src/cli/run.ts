/** Finds the command that was typed, runs it, and says how it went: exit 0, 1 (refused or failed) or 2 (typed wrongly). */
import { parseArgs } from 'node:util';
import { InboxError } from '../contract/errors.ts';
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

/** `running`: an entry was started and must not be ended. */
export interface CliEnd {
  readonly exitCode: number;
  readonly running: boolean;
}

const ended = (exitCode: number): CliEnd => ({ exitCode, running: false });

/** The longest command whose words the arguments begin with. */
function findCommand(commands: readonly CliCommand[], argv: readonly string[]): CliCommand | undefined {
  const fits = commands.filter(({ path }) => path.split(' ').every((word, index) => argv[index] === word));
  return fits.sort((a, b) => b.path.length - a.path.length)[0];
}

function usageOf(command: CliCommand): string {
  return `usage: hunfly ${command.path} ${command.usage}`.trimEnd();
}

function help(commands: readonly CliCommand[]): string {
  const lines = commands.map(
    (command) => `  hunfly ${command.path} ${command.usage}`.trimEnd() + `\n      ${command.about}`,
  );
  return `${lines.join('\n')}\n\nEach takes --json (one JSON document on stdout) and --help.`;
}

/** Runs one command line. Never rejects. */
export async function runCli(argv: readonly string[], deps: CliDeps): Promise<CliEnd> {
  const command = findCommand(deps.commands, argv);
  if (command === undefined) return unknownCommand(argv, deps);
  const rest = argv.slice(command.path.split(' ').length);
  const wantsJson = rest.includes('--json');
  try {
    const args = parse(command, rest);
    if (args.flags['help'] === true) {
      const details = command.details === undefined ? '' : `\n${command.details}\n`;
      deps.io.out(`${usageOf(command)}\n${command.about}\n${details}`);
      return ended(0);
    }
    const result = await command.run(args, deps.context);
    show(deps.io, result, wantsJson);
    return { exitCode: result.exitCode ?? 0, running: result.running ?? false };
  } catch (error) {
    const trouble = postgresTrouble(error, () => deps.context.config.databaseUrl);
    return failed(trouble ?? error, { command, wantsJson, io: deps.io });
  }
}

function unknownCommand(argv: readonly string[], { io, commands }: CliDeps): CliEnd {
  const asked = argv.length === 0 || argv.some((word) => word === '--help' || word === '-h' || word === 'help');
  if (asked) {
    const list = commands.map(({ path, usage, about }) => ({ path, usage, about }));
    io.out(`${argv.includes('--json') ? JSON.stringify({ commands: list }) : help(commands)}\n`);
    return ended(0);
  }
  const message = `there is no command "${argv.filter((word) => !word.startsWith('-')).join(' ')}"`;
  if (argv.includes('--json')) io.out(`${JSON.stringify({ error: { code: 'invalid_input', message } })}\n`);
  io.err(`UnknownCommand: ${message}\n`);
  io.err('usage: hunfly <command>, see hunfly --help\n');
  return ended(2);
}

function parse(command: CliCommand, rest: readonly string[]): CliArgs {
  try {
    const { values, positionals } = parseArgs({
      args: [...rest],
      options: { ...command.options, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
    const flags = values as CliArgs['flags'];
    const { words = 0 } = command;
    const [least, most] = typeof words === 'number' ? [words, words] : words;
    if ((positionals.length < least || positionals.length > most) && flags['help'] !== true) {
      throw new UsageError(`${String(most)} word(s) expected, ${String(positionals.length)} given`);
    }
    return { flags, words: positionals };
  } catch (error) {
    // parseArgs names the flag in its message.
    throw error instanceof TypeError ? new UsageError(error.message) : error;
  }
}

function show(io: CliIo, result: CliResult, wantsJson: boolean): void {
  if (result.running === true) return;
  const answer = wantsJson ? JSON.stringify(result.json) : result.text;
  if (answer !== '') io.out(`${answer}\n`);
}

function failed(
  error: unknown,
  { command, wantsJson, io }: { readonly command: CliCommand; readonly wantsJson: boolean; readonly io: CliIo },
): CliEnd {
  const typed = error instanceof UsageError || (error instanceof InboxError && error.code === 'invalid_input');
  const name = error instanceof Error ? error.name : 'Error';
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof InboxError ? error.code : typed ? 'invalid_input' : 'internal';
  if (wantsJson) io.out(`${JSON.stringify({ error: { code, message } })}\n`);
  io.err(`${name}: ${message}\n`);
  if (typed) io.err(`${usageOf(command)}\n`);
  return ended(typed ? 2 : 1);
}
