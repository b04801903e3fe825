import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../scripts/bootstrap/paths.mjs';
import { CLI_COMMANDS } from '../../src/cli/commands.ts';
import { ERROR_STATUS } from '../../src/contract/errors.ts';
import { VARIABLES } from '../../src/platform/config-variables.ts';
import { renderMetrics } from '../../src/platform/metrics.ts';
import { providerNamed } from '../../src/providers/index.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

function filesBelow(folder: string, ending: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => ending.test(path) && !/(^|\/)(fixtures|node_modules)\//.test(path))
    .map((path) => `${folder}/${path}`);
}

const PAGES = ['README.md', 'sql/README.md', 'loadtest/README.md', ...filesBelow('docs', /\.md$/)];

/** Top-level names that make a word in backticks a path of ours. */
const TOP = /^(src|consumers|sql|client|tests|docs|monitoring|scripts|loadtest|\.ci)\//;

/** Paths in backticks; `NNNN` and angle brackets stand for something. */
function pathsOf(text: string): string[] {
  return [...text.matchAll(/`([^`\s]+)`/g)]
    .map(([, word = '']) => word)
    .filter((word) => TOP.test(word) && !/[<>{}*]|NNNN/.test(word));
}

/** Targets of links that stay in the checkout, without their anchors. */
function linksOf(text: string): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.split('#')[0] ?? '')
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
}

describe('what README and docs name', () => {
  it('exists, path by path and link by link', () => {
    const missing: string[] = [];
    let seen = 0;
    for (const page of PAGES) {
      const text = read(page);
      const targets = [
        ...pathsOf(text).map((path) => join(ROOT, path)),
        ...linksOf(text).map((link) => join(ROOT, page, '..', link)),
      ];
      seen += targets.length;
      missing.push(...targets.filter((path) => !existsSync(path)).map((path) => `${page}: ${path}`));
    }
    expect(missing).toEqual([]);
    expect(seen).toBeGreaterThan(100);
  });

  it('would be missed if it did not exist (the check above can fail)', () => {
    expect(pathsOf('see `src/none.ts`, `src/providers/<name>/` and `npm start`')).toEqual(['src/none.ts']);
    expect(linksOf('[a](docs/none.md#top) [b](https://example.com)')).toEqual(['docs/none.md']);
  });

  it('is, of SQL, what holds now and not the migration that once made it', () => {
    const once = /(?:`\w+`(?:, )?)+ in `sql\/migrations\/\w+\.sql`/g;
    expect('`search_texts` in `sql/migrations/0026_search_by_index.sql`').toMatch(once);
    expect(PAGES.flatMap((page) => read(page).match(once) ?? [])).toEqual([]);
  });

  it('is there in npm’s scripts', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const page of PAGES) {
      for (const [, name = ''] of read(page).matchAll(/npm run ([a-z]+)/g)) expect(scripts, page).toHaveProperty(name);
    }
  });

  it('is not called missing once it is there', () => {
    const list = read('README.md').split('## Not there yet')[1]?.split('\n## ')[0] ?? '';
    expect(list.includes('**Twilio**'), 'the README’s list and src/providers/index.ts agree about Twilio').toBe(
      providerNamed('twilio') === undefined,
    );
    expect(list.includes('**Load scripts and benchmarks**'), 'the README’s list and loadtest/ agree').toBe(
      !existsSync(join(ROOT, 'loadtest')),
    );
    expect(list.includes('nothing downloads it'), 'the README’s list and consumers/media.ts agree').toBe(
      !existsSync(join(ROOT, 'consumers', 'media.ts')),
    );
  });
});

describe('what exists is documented', () => {
  it('every error code with its status', () => {
    const rows = [...read('docs/api.md').matchAll(/^\| `([a-z_]+)` +\| (\d{3}) /gm)];
    expect(Object.fromEntries(rows.map(([, code, status]) => [code, Number(status)]))).toEqual(ERROR_STATUS);
  });

  it('every metric, and none that is not there', async () => {
    const { body } = await renderMetrics();
    const exposed = [...body.matchAll(/^# TYPE (hunfly_\w+) /gm)].map(([, name]) => name);
    const rows = [...read('docs/operations.md').matchAll(/^\| `(hunfly_\w+)`/gm)].map(([, name]) => name);
    expect(rows.sort()).toEqual(exposed.sort());
  });

  it('every environment variable, by .env.example', () => {
    const text = read('.env.example');
    for (const { name, about } of VARIABLES) {
      expect(text).toMatch(new RegExp(`^(# )?${name}=`, 'm'));
      expect(text).toContain(about);
    }
    expect(read('README.md')).toContain('`.env.example`');
  });

  it('every command of the CLI, and none that is not there', () => {
    const section = read('README.md').split("## The operator's CLI")[1]?.split('\n## ')[0] ?? '';
    const named = [...section.matchAll(/`hunfly ([a-z -]+)`/g)].map(([, path]) => path);
    expect(named.sort()).toEqual(CLI_COMMANDS.map(({ path }) => path).sort());
  });

  it('every decision, under a number of its own and by the index', () => {
    const names = filesBelow('docs/decisions', /\d{4}-[a-z0-9-]+\.md$/).map((path) => path.slice(15));
    const numbers = names.map((name) => name.slice(0, 4)).sort();
    expect(numbers).toEqual(numbers.map((_, index) => String(index + 1).padStart(4, '0')));
    expect(linksOf(read('docs/decisions/README.md')).sort()).toEqual(expect.arrayContaining(names));
  });

  it('every worker', () => {
    for (const path of filesBelow('consumers', /\.ts$/)) expect(read('docs/architecture.md')).toContain(path);
  });

  it('every Redis key that the code writes', () => {
    const architecture = read('docs/architecture.md');
    for (const file of filesBelow('src', /\.ts$/)) {
      for (const [, key = ''] of read(file).matchAll(/[`'](hunfly:[a-z]+)/g)) {
        expect(architecture, `${file}: ${key}`).toContain(`\`${key}`);
      }
    }
  });
});

describe('every source file', () => {
  it('begins with a comment that says what lives there', () => {
    const files = [...filesBelow('src', /\.ts$/), ...filesBelow('consumers', /\.ts$/)];
    const silent = files.filter((file) => !/^(\/\/\/ .*\n)*\/\*\*\s+(\* )?\S[\s\S]{10,}?\*\//.test(read(file)));
    expect(files.length).toBeGreaterThan(150);
    expect(silent).toEqual([]);
  });
});
