/** Each alert in the situations for which it was written, as Prometheus evaluates it; and broken on purpose. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../scripts/bootstrap/paths.mjs';
import { testRunDir } from '../support/environment.ts';
import { describeWithPrometheus, promtool } from '../support/prometheus.ts';
import { mutantsOf } from './mutants.ts';
import { ALERTS, RULES, type Rule } from './rules.ts';
import { MORNING } from './situations/morning.ts';
import { NIGHT } from './situations/night.ts';
import { END_S, EVALUATE_S, SCRAPE_S, type Situation } from './situations/situation.ts';

const SITUATIONS = { ...NIGHT, ...MORNING };

/** Of every evaluation. */
const MOMENTS = Array.from({ length: END_S / EVALUATE_S + 1 }, (_, n) => n * EVALUATE_S);

/** Of a rule's `for`, in the unit that ours use. */
const secondsOf = (patience = '0m'): number => Number(/^(\d+)m$/.exec(patience)?.[1]) * 60;

/** The rule, and its mutants under names of their own. */
function family(rule: Rule): Rule[] {
  return [rule, ...mutantsOf(rule).map((mutant, n) => ({ ...mutant.rule, alert: nameOf(rule, n) }))];
}

const nameOf = ({ alert }: Rule, n: number): string => `${alert}-${String(n)}`;

/** What is expected of the whole family: silence throughout, or the alert at the end and not before its patience ends. */
function testOf(rule: Rule, { title, series, raises }: Situation): object {
  const silent = MOMENTS.filter((atS) => raises === undefined || atS < secondsOf(rule.for));
  const checks = family(rule).flatMap(({ alert: alertname }) => {
    const silence = silent.map((atS) => ({ eval_time: `${String(atS)}s`, alertname }));
    if (raises === undefined) return silence;
    const exp_labels = { ...rule.labels, ...raises.labels };
    const exp_annotations = { summary: raises.says, description: rule.annotations.description };
    return [...silence, { eval_time: `${String(END_S)}s`, alertname, exp_alerts: [{ exp_labels, exp_annotations }] }];
  });
  const input_series = Object.entries(series).map(([one, values]) => ({ series: one, values }));
  return { name: title, interval: `${String(SCRAPE_S)}s`, input_series, alert_rule_test: checks };
}

/** A rule and its mutants in all its situations, as a file for promtool (JSON is YAML). */
async function writeTest(dir: string, rule: Rule): Promise<string> {
  const rules = join(dir, `${rule.alert}.rules.json`);
  const file = join(dir, `${rule.alert}.json`);
  await writeFile(rules, JSON.stringify({ groups: [{ name: 'hunfly', rules: family(rule) }] }));
  const tests = (SITUATIONS[rule.alert] ?? []).map((situation) => testOf(rule, situation));
  await writeFile(file, JSON.stringify({ rule_files: [rules], evaluation_interval: `${String(EVALUATE_S)}s`, tests }));
  return file;
}

describe('the situations', () => {
  it('are of each alert, at least one in which it is raised and one in which it is not', () => {
    expect(Object.keys(SITUATIONS).sort()).toEqual(RULES.map(({ alert }) => alert).sort());
    for (const situations of Object.values(SITUATIONS)) {
      expect(situations.some(({ raises }) => raises !== undefined)).toBe(true);
      expect(situations.some(({ raises }) => raises === undefined)).toBe(true);
    }
  });
});

describeWithPrometheus('what is shipped for Prometheus', (path) => {
  const complaints = new Map<string, string[]>();

  beforeAll(async () => {
    const dir = join(testRunDir(), 'alerts');
    await mkdir(dir, { recursive: true });
    const files = await Promise.all(RULES.map((rule) => writeTest(dir, rule)));
    const { said } = await promtool(path, ['test', 'rules', ...files]);
    // Each complaint begins with the alert's name and tells what was expected and what came instead.
    for (const complaint of said.split(/^ +alertname: /m).slice(1)) {
      const [name = ''] = complaint.split(',', 1);
      complaints.set(name, [...(complaints.get(name) ?? []), complaint]);
    }
  });

  it('is what its own checker accepts', async () => {
    for (const args of [
      ['check', 'config', join(ROOT, 'monitoring/prometheus/prometheus.yml')],
      ['check', 'rules', '--lint=all', '--lint-fatal', ALERTS],
    ]) {
      expect(await promtool(path, args)).toMatchObject({ isContent: true });
    }
  });

  it.each(RULES)('$alert is raised when it should be, and not otherwise', ({ alert }) => {
    expect(complaints.get(alert) ?? []).toEqual([]);
  });

  it.each(RULES)('$alert is missed where it is broken (negative control)', (rule) => {
    const unseen = mutantsOf(rule).filter((_, n) => !complaints.has(nameOf(rule, n)));
    expect(unseen.map(({ broken }) => broken)).toEqual([]);
  });
});
