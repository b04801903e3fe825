import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../../scripts/bootstrap/paths.mjs';
import { renderMetrics } from '../../src/platform/metrics.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string };
}
interface Target {
  readonly expr: string;
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly targets?: readonly Target[];
}
interface Compose {
  readonly services: Record<string, { readonly command?: string[]; readonly environment?: Record<string, string> }>;
}
interface Scrape {
  readonly scrape_configs: readonly { readonly static_configs: readonly { readonly targets: readonly string[] }[] }[];
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const rules = (parse(read('monitoring/prometheus/alerts.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const dashboards = readdirSync(join(ROOT, 'monitoring/grafana')).map(
  (file) => JSON.parse(read(`monitoring/grafana/${file}`)) as { panels: Panel[] },
);
const panels = dashboards.flatMap((dashboard) => dashboard.panels);
const expressions = [...rules, ...panels.flatMap((panel) => panel.targets ?? [])].map(({ expr }) => expr);

/** Metric names of an expression, with the labels it asks for or groups by. */
function metricsIn(expr: string): string[] {
  return [...expr.matchAll(/\b(?:hunfly|nodejs|process)_\w+/g)].map(([name]) => name);
}

async function exposed(): Promise<Map<string, string>> {
  const { body } = await renderMetrics();
  return new Map(
    [...body.matchAll(/^# TYPE ((?:hunfly|nodejs|process)_\w+) (\w+)/gm)].map(([, name = '', type = '']) => [
      name,
      type,
    ]),
  );
}

describe('alerts and dashboards', () => {
  it('ask only for metrics that exist, histograms by their buckets', async () => {
    const types = await exposed();
    const names = [...types].flatMap(([name, type]) => (type === 'histogram' ? [`${name}_bucket`] : [name]));
    const asked = [...new Set(expressions.flatMap(metricsIn))];
    expect(asked.filter((name) => !names.includes(name))).toEqual([]);
    expect(asked.length).toBeGreaterThan(15);
  });

  it('show every metric there is', async () => {
    const shown = new Set(panels.flatMap((panel) => panel.targets ?? []).flatMap(({ expr }) => metricsIn(expr)));
    const ours = [...(await exposed()).keys()].filter((name) => name.startsWith('hunfly_'));
    const missing = ours.filter((name) => !shown.has(name) && !shown.has(`${name}_bucket`));
    expect(missing).toEqual([]);
  });

  it('take the rate of counters and never of gauges', async () => {
    const types = await exposed();
    for (const expr of expressions) {
      for (const [, name = ''] of expr.matchAll(/(?:rate|increase)\((hunfly_\w+?)(?:_bucket)?[{[]/g)) {
        expect(types.get(name), expr).toMatch(/counter|histogram/);
      }
      for (const name of metricsIn(expr)) {
        if (types.get(name) === 'counter') expect(expr).toMatch(new RegExp(`(rate|increase)\\(${name}`));
      }
    }
  });

  it('ring for a stream that stands still also where nobody is left who counts what is finished', () => {
    // What a process that is gone counted is no 0: it is not there.
    expect(expressions.filter((expr) => /hunfly_queue_completed_total\[\w+\]\)\) == 0/.test(expr))).toEqual([]);
  });

  it('take no worker for a gateway that is silent', () => {
    // Every process exposes every counter without labels, from 0 on.
    const silences = rules.filter(({ expr }) => /rate\(hunfly_realtime_[^)]*\)\) == 0/.test(expr));
    expect(silences.length).toBeGreaterThan(0);
    for (const { expr } of silences) expect(expr).toMatch(/hunfly_realtime_\w+\{job="hunfly-gateway"\}/);
  });

  it('have names and ids of their own, and words for a person', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { annotations } of rules) expect(annotations.summary.length).toBeGreaterThan(20);
  });

  it('come with something to do, for each alert and no other', () => {
    const named = [...read('docs/operations.md').matchAll(/^- \*\*(Hunfly\w+)\*\*: /gm)].map(([, name]) => name);
    expect(named.sort()).toEqual(rules.map(({ alert }) => alert).sort());
  });
});

describe('the scrape example', () => {
  it('reaches every process of docker-compose.yml on the port where it listens', () => {
    const { services } = parse(read('docker-compose.yml'), { merge: true }) as Compose;
    const wanted = Object.entries(services).flatMap(([name, { command = [], environment = {} }]) => {
      if (!command.includes('dist/cli.js') || command.includes('migrate')) return [];
      return [`${name}:${environment['METRICS_PORT'] ?? '3000'}`];
    });
    const scraped = (parse(read('monitoring/prometheus/prometheus.yml')) as Scrape).scrape_configs
      .flatMap((config) => config.static_configs)
      .flatMap((config) => config.targets);
    expect([...scraped].sort()).toEqual(wanted.sort());
  });
});
