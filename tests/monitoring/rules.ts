/** The alerts as they are shipped. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../../scripts/bootstrap/paths.mjs';

/** One alert; `for` as Prometheus writes lengths of time. */
export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly description: string };
}

/** A file of rules, parsed. */
export interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

export const ALERTS = join(ROOT, 'monitoring/prometheus/alerts.yml');

export const RULES = (parse(readFileSync(ALERTS, 'utf8')) as RuleFile).groups.flatMap(({ rules }) => rules);
