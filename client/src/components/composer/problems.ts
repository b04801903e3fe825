/** What keeps a form from being sent. Pure. */

/** In words, by the name of the field; the first of a field counts, in the order of the form. */
export type Problems = Readonly<Record<string, string>>;

/** One thing to be looked at: the field, whether it is wrong, and what is said then. */
export type Check = readonly [field: string, isWrong: boolean, words: string];

/** What is wrong; empty when the form can be sent. */
export function problemsOf(checks: readonly Check[]): Problems {
  const problems: Record<string, string> = {};
  for (const [field, isWrong, words] of checks) if (isWrong) problems[field] ??= words;
  return problems;
}

/** What the frame of a form does with them: says the first, and keeps the form from being sent. */
export function gateOf(problems: Problems): { readonly canSubmit: boolean; readonly aside: string | null } {
  const [first = null] = Object.values(problems);
  return { canSubmit: first === null, aside: first };
}

/** A text that may be left out; the field itself keeps to the limit only while somebody types. */
export function optional(field: string, text: string, max: number): readonly Check[] {
  return [[field, text.trim().length > max, `At most ${String(max)} characters.`]];
}

/** A text that must be there; `words` say so. */
export function required(field: string, text: string, { max, words }: { max: number; words: string }): Check[] {
  return [[field, text.trim() === '', words], ...optional(field, text, max)];
}

/** The filled-in lines, trimmed. */
export function filledIn(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}

interface LineRules {
  /** Lines are fields of this name with their place, from 1. */
  readonly field: string;
  readonly max: number;
  readonly least: number;
  readonly tooFew: string;
  readonly twice: string;
}

/** Lines of which some may be empty: enough, none twice, none too long. */
export function linesOf(lines: readonly string[], { field, max, least, tooFew, twice }: LineRules): readonly Check[] {
  const trimmed = lines.map((line) => line.trim());
  const name = (index: number): string => `${field}-${String(index + 1)}`;
  const firstEmpty = Math.max(0, trimmed.indexOf(''));
  return [
    [name(firstEmpty), filledIn(lines).length < least, tooFew],
    ...trimmed.flatMap((line, index): Check[] => [
      [name(index), line !== '' && trimmed.indexOf(line) < index, twice],
      ...optional(name(index), line, max),
    ]),
  ];
}
