/** `hunfly dead-letters`: lists, shows, retries and drops webhooks that could not be applied; how long they are kept. */
import { z } from 'zod';
import {
  dropLetter,
  findLetter,
  listOpenLetters,
  readLetter,
  type LetterSummary,
} from '../inbox/dead-letters/letters.ts';
import { retryLetter } from '../inbox/dead-letters/retry.ts';
import { selectLettersTerm, setLettersTerm, type LettersTerm } from '../inbox/dead-letters/term.ts';
import type { Tx } from '../platform/postgres.ts';
import { withIngest } from './ingest.ts';
import { keepDaysOf, required, UsageError, type CliArgs, type CliCommand } from './command.ts';

const MAX_LISTED = 1000;
/** Long, because it counts all letters that are to go: a million take half a minute. */
const SET_DEADLINE_MS = 60_000;

/** The letter's id from the arguments. Throws UsageError. */
export function letterId({ words }: CliArgs): string {
  const parsed = z.uuid().safeParse(words[0]);
  if (!parsed.success) throw new UsageError('the id of a dead letter is missing or is no UUID');
  return parsed.data;
}

function line(letter: LetterSummary): string {
  const { id, provider, channel, reason, receivedAt, bytes, endsAt } = letter;
  const ends = endsAt === null ? '' : `  until ${endsAt.toISOString()}`;
  return `${id}  ${receivedAt.toISOString()}  ${provider} ${channel ?? '-'}  ${reason}  ${String(bytes)} bytes${ends}`;
}

const list: CliCommand = {
  path: 'dead-letters list',
  usage: '',
  example: '--json',
  about: 'open letters, oldest first',
  options: {},
  async run(_args, context) {
    const letters = await context.database().run('cli.letters', (sql) => listOpenLetters(sql, MAX_LISTED));
    const lines = letters.map(line);
    return { json: { items: letters }, text: lines.length === 0 ? 'No dead letters.' : lines.join('\n') };
  },
};

const show: CliCommand = {
  path: 'dead-letters show',
  usage: 'ID',
  example: '01a21f45-1be8-7123-ae72-21b7c608fcf0',
  about: 'one letter with the raw body of its webhook (customer data)',
  options: {},
  words: ['ID'],
  async run(args, context) {
    const id = letterId(args);
    const { body, ...letter } = await context.database().run('cli.letter', (sql) => readLetter(sql, id));
    const json = { ...letter, body: body.toString('utf8'), bodyBase64: body.toString('base64') };
    return { json, text: `${line(letter)}\n${letter.detail ?? ''}\n\n${body.toString('utf8')}` };
  },
};

const drop: CliCommand = {
  path: 'dead-letters drop',
  usage: 'ID --reason R',
  example: '01a21f45-1be8-7123-ae72-21b7c608fcf0 --reason unreadable',
  about: 'closes a letter for good',
  options: { reason: { type: 'string' } },
  words: ['ID'],
  async run(args, context) {
    const id = letterId(args);
    const reason = required(args, 'reason');
    await context.database().transaction('cli.drop', (tx) => dropLetter(tx, id, reason));
    return { json: { id, state: 'dropped', reason }, text: `Dropped ${id}.` };
  },
};

const retry: CliCommand = {
  path: 'dead-letters retry',
  usage: 'ID | --all',
  example: '--all',
  about: 'applies open letters again; harmless to repeat',
  options: { all: { type: 'boolean' } },
  words: ['[ID]'],
  async run(args, context) {
    const all = args.flags['all'] === true;
    if (all === args.words.length > 0) throw new UsageError('give the id of one dead letter, or --all');
    const ids = all
      ? (await context.database().run('cli.letters', (sql) => listOpenLetters(sql, MAX_LISTED))).map(({ id }) => id)
      : [letterId(args)];
    return withIngest(context, async (ingest) => {
      const items = [];
      for (const id of ids) {
        const letter = await context.database().run('cli.letter', (sql) => (all ? findLetter : readLetter)(sql, id));
        // Its term, an erasure or another operator was faster than this list.
        if (letter === null || (all && letter.state !== 'open')) continue;
        items.push({ id, ...(await retryLetter(ingest, letter)) });
      }
      const lines = items.map((item) => `${item.id}  ${item.applied ? 'applied' : `still open: ${item.reason}`}`);
      const open = items.filter(({ applied }) => !applied).length;
      return {
        json: { items },
        text: lines.length === 0 ? 'No dead letters.' : lines.join('\n'),
        exitCode: open > 0 ? 1 : 0,
      };
    });
  },
};

const set: CliCommand = {
  path: 'dead-letters set',
  usage: '[--keep-days N|off]',
  example: '--keep-days 90',
  about: 'how long letters that belong to no business are kept, from a day later on',
  details:
    'Letters of a business go by its own term (tenant set). Without a setting it says what is set. Nothing brings back what is gone: see docs/operations.md.',
  options: { 'keep-days': { type: 'string' } },
  async run(args, context) {
    const keepDays = keepDaysOf(args);
    const work = async (tx: Tx): Promise<LettersTerm> => {
      if (keepDays !== undefined) await setLettersTerm(tx, keepDays);
      return await selectLettersTerm(tx);
    };
    const term = await context.database().transaction('cli.letters_set', work, { deadlineMs: SET_DEADLINE_MS });
    return { json: term, text: termText(term) };
  },
};

function termText({ keepDays, actsFrom, over }: LettersTerm): string {
  if (keepDays === null) return 'Dead letters that belong to no business are kept for ever.';
  const kept = `Dead letters that belong to no business go after ${String(keepDays)} days`;
  return `${kept}, from ${String(actsFrom)} on: ${String(over)} of those that are there now.`;
}

/** This group's commands. */
export const deadLetterCommands: readonly CliCommand[] = [list, show, retry, drop, set];
