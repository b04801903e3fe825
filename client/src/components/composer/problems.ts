/** Finds what prevents a form from being sent. Pure. */

/** Messages by field name, in form order. Each field has its first problem only. */
export type Problems = Readonly<Record<string, string>>;

/** One check: the field, whether it is wrong, and the message if so. */
export type Check = readonly [field: string, isWrong: boolean, words: string];

/** The problems found; empty when the form can be sent. */
export function problemsOf(checks: readonly Check[]): Problems {
  const problems: Record<string, string> = {};
  for (const [field, isWrong, words] of checks) if (isWrong) problems[field] ??= words;
  return problems;
}

/** How the problems affect the form's frame: it shows the first one and cannot be submitted. */
export function gateOf(problems: Problems): { readonly canSubmit: boolean; readonly aside: string | null } {
  const [first = null] = Object.values(problems);
  return { canSubmit: first === null, aside: first };
}

/**
 * Checks an optional text. The input's own limit only applies while somebody types, so the length is checked here too.
 */
export function optional(field: string, text: string, max: number): readonly Check[] {
  return [[field, text.trim().length > max, `At most ${String(max)} characters.`]];
}

/** Checks a required text. `words` is the message when it is missing. */
export function required(field: string, text: string, { max, words }: { max: number; words: string }): Check[] {
  return [[field, text.trim() === '', words], ...optional(field, text, max)];
}

/** The lines that are not empty, trimmed. */
export function filledIn(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}

interface LineRules {
  /** Field name prefix; each line appends its position, counted from 1. */
  readonly field: string;
  readonly max: number;
  readonly least: number;
  readonly tooFew: string;
  readonly twice: string;
}

/** Checks lines of which some may be empty: enough lines, no duplicates, none too long. */
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
