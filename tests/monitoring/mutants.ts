/** Alerts that are broken on purpose, to see that their situations notice. */
import type { Rule } from './rules.ts';

/** What is broken, and the rule with it. */
export interface Mutant {
  readonly broken: string;
  readonly rule: Rule;
}

/**
 * Every threshold halved and doubled, every choice by label left out, no patience, and for what is absent: always and
 * never.
 */
export function mutantsOf(rule: Rule): Mutant[] {
  const { for: patience, ...impatient } = rule;
  const broken = [...edits(rule.expr, /(>|==) ([\d.]+)/g, looser), ...edits(rule.expr, /(>|==) ([\d.]+)/g, stricter)];
  const chosen = edits(rule.expr, /\{[^}]*\}/g, () => '');
  const absent = rule.expr.startsWith('absent')
    ? ['vector(1)', 'vector(1) > 1', ...edits(rule.expr, / or .*/g, () => '')]
    : chosen;
  const mutants = [...broken, ...absent].map((expr) => ({ broken: expr, rule: { ...rule, expr } }));
  return patience === undefined ? mutants : [...mutants, { broken: 'no patience', rule: impatient }];
}

/** The expression with one match replaced, for each match. */
function edits(expr: string, pattern: RegExp, replaced: (sign: string, value: number) => string): string[] {
  return [...expr.matchAll(pattern)].map((match) => {
    const [all, sign = '', value = ''] = match;
    return expr.slice(0, match.index) + replaced(sign, Number(value)) + expr.slice(match.index + all.length);
  });
}

function looser(sign: string, value: number): string {
  return value === 0 ? '>= 0' : `${sign} ${String(value / 2)}`;
}

function stricter(sign: string, value: number): string {
  if (sign === '==') return '< 0';
  return `> ${value === 0 ? '1e9' : String(value * 2)}`;
}
