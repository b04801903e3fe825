/**
 * Words for what is wrong with a field, as the end of a sentence that begins with its name: `limit must be at most 100`.
 * Importing it makes every schema use them, except where a schema has words of its own.
 */
import { z } from 'zod';

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

const FORMATS: Readonly<Record<string, string>> = {
  email: 'an email address',
  uuid: 'a UUID',
  date: 'a date such as 2026-01-31',
  datetime: 'a time such as 2026-01-31T09:00:00Z',
};

/** What the size of a text or list is counted in; numbers have none. */
const UNITS: Readonly<Record<string, string>> = { string: 'characters', array: 'entries' };

type Issue = z.core.$ZodRawIssue;
type IssueOf<C extends Issue['code']> = Extract<Issue, { readonly code: C }>;

const must = (be: string | undefined): string | undefined => (be === undefined ? undefined : `must be ${be}`);

function sized({ origin, exact }: IssueOf<'too_small' | 'too_big'>, words: string, limit: number | bigint): string {
  const amount = `${exact === true ? 'exactly' : words} ${String(limit)}`;
  const unit = UNITS[origin];
  return unit === undefined ? `must be ${amount}` : `must have ${amount} ${unit}`;
}

/** By zod's code of the issue. Undefined, or no entry: zod's own words. */
const WORDS: { readonly [C in Issue['code']]?: (issue: IssueOf<C>) => string | undefined } = {
  invalid_type: ({ input, expected }) => (input === undefined ? 'is missing' : must(KINDS[expected])),
  invalid_value: ({ input, values }) =>
    input === undefined ? 'is missing' : must(`${values.length > 1 ? 'one of ' : ''}${values.map(String).join(', ')}`),
  invalid_format: ({ format }) => must(FORMATS[format]),
  too_small: (issue) =>
    issue.minimum === 1 && issue.origin in UNITS
      ? 'must not be empty'
      : sized(issue, issue.inclusive === false ? 'more than' : 'at least', issue.minimum),
  too_big: (issue) => sized(issue, issue.inclusive === false ? 'less than' : 'at most', issue.maximum),
  unrecognized_keys: ({ keys }) => `must not have ${keys.join(', ')}`,
  invalid_union: () => 'is none of the possible values',
};

z.config({
  customError: (issue) => (WORDS[issue.code] as ((one: Issue) => string | undefined) | undefined)?.(issue),
});
