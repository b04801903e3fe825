/** Runs a bundled k6 script under Node: k6's modules as far as ours use them, one instance of the script per virtual user. */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createContext, Script } from 'node:vm';
import { WebSocket } from 'undici';

/** What k6 would have printed: sums of counters, values of trends, checks that held and did not. */
export interface K6Result {
  readonly counters: Readonly<Record<string, number>>;
  readonly trends: Readonly<Record<string, readonly number[]>>;
  readonly checks: { readonly passed: number; readonly failed: readonly string[] };
  /** Thresholds of the script's options, by metric. */
  readonly thresholds: Readonly<Record<string, readonly string[]>>;
}

interface Measured {
  readonly counters: Record<string, number>;
  readonly trends: Record<string, number[]>;
  readonly checks: { passed: number; failed: string[] };
}

type Run = (data: unknown) => Promise<void>;

interface LoadedScript {
  readonly options: { readonly thresholds: Record<string, string[]> };
  readonly setup?: () => unknown;
  readonly [name: string]: unknown;
}

/** `users` virtual users run the function `exec` once each, all at a time. Rejects when one of them throws. */
export async function runK6InNode(
  bundle: string,
  run: { readonly users: number; readonly env: Readonly<Record<string, string>>; readonly exec?: string },
): Promise<K6Result> {
  const measured: Measured = { counters: {}, trends: {}, checks: { passed: 0, failed: [] } };
  const script = new Script(readFileSync(bundle, 'utf8'), { filename: bundle });
  const scripts = Array.from({ length: run.users }, (_, index) => load(script, { index, env: run.env, measured }));
  const [first] = scripts;
  if (first === undefined) throw new Error('At least one virtual user is needed.');
  const data = first.setup?.();
  await Promise.all(scripts.map((one) => (one[run.exec ?? 'default'] as Run)(data)));
  return { ...measured, thresholds: first.options.thresholds };
}

function load(
  script: Script,
  user: { readonly index: number; readonly env: Readonly<Record<string, string>>; readonly measured: Measured },
): LoadedScript {
  const modules = k6Modules(user.measured, user.index);
  const module = { exports: {} as LoadedScript };
  const require = (name: string): unknown => {
    const found = modules[name];
    if (found === undefined) throw new Error(`k6 has no module ${name} here.`);
    return found;
  };
  const open = (file: string): string => readFileSync(file, 'utf8');
  script.runInContext(createContext({ module, exports: module.exports, require, open, __ENV: user.env }));
  return module.exports;
}

function k6Modules(measured: Measured, index: number): Readonly<Record<string, unknown>> {
  const { counters, trends, checks } = measured;
  return {
    k6: {
      check: (subject: unknown, held: Record<string, (subject: unknown) => boolean>): boolean => {
        const failed = Object.keys(held).filter((name) => held[name]?.(subject) !== true);
        checks.failed.push(...failed);
        checks.passed += Object.keys(held).length - failed.length;
        return failed.length === 0;
      },
    },
    'k6/crypto': {
      hmac: (algorithm: string, secret: string, text: string, encoding: 'hex') =>
        createHmac(algorithm, secret).update(text).digest(encoding),
    },
    'k6/data': { SharedArray: sharedArray },
    'k6/execution': { vu: { idInTest: index + 1 }, scenario: { iterationInTest: index } },
    'k6/http': {
      asyncRequest: async (method: string, url: string, body: string, params: { headers: Record<string, string> }) => {
        const answer = await fetch(url, { method, body, headers: params.headers });
        await answer.arrayBuffer();
        return { status: answer.status };
      },
    },
    'k6/metrics': {
      Counter: class {
        readonly #name: string;
        constructor(name: string) {
          counters[(this.#name = name)] ??= 0;
        }
        add(value: number): void {
          counters[this.#name] = (counters[this.#name] ?? 0) + value;
        }
      },
      Trend: class {
        readonly #values: number[];
        constructor(name: string) {
          this.#values = trends[name] ??= [];
        }
        add(value: number): void {
          this.#values.push(value);
        }
      },
    },
    'k6/timers': { setTimeout },
    'k6/websockets': { WebSocket },
  };
}

/** Called as a constructor by the scripts; what it returns replaces the instance, as in k6. */
function sharedArray(_name: string, make: () => unknown[]): unknown[] {
  return make();
}

/** True when every threshold of the form `count==0` or `rate==1` holds; speeds are not judged here. */
export function isCorrect(result: K6Result): boolean {
  const exact = Object.entries(result.thresholds).filter(([, rules]) => rules.includes('count==0'));
  return exact.every(([name]) => (result.counters[name] ?? 0) === 0) && result.checks.failed.length === 0;
}
