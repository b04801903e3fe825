/** Tables of a carrier's error codes: one row per meaning, used for every answer and every failed status. */
import type { SendFailure } from './sending.ts';

/** What some codes mean. `title` is for the agent, `operator` says who has to do what, if anybody. */
export interface FailureRule {
  readonly codes: readonly (number | string)[];
  readonly action: SendFailure['action'];
  readonly title: string;
  readonly operator: string;
}

/** Looks a code up; `otherwise` is for a code that no row has. */
export function failureTable(
  rules: readonly FailureRule[],
  otherwise: (code: string) => Omit<FailureRule, 'codes'>,
): (code: string, retryAfterMs: number | null) => SendFailure {
  const table = new Map(rules.flatMap((rule) => rule.codes.map((code) => [String(code), rule] as const)));
  return (code, retryAfterMs) => {
    const { action, title, operator } = table.get(code) ?? otherwise(code);
    return { code, title, operator, action, retryAfterMs };
  };
}
