import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { testRunDir } from '../support/environment.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RULES = join(ROOT, 'tests/architecture/boundaries.cjs');
const CRUISE = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const FOLDERS = ['src', 'consumers', 'client', 'loadtest', 'tests'];

interface Report {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
  readonly modules: readonly { readonly source: string }[];
}

async function cruise(root: string, folders: readonly string[]): Promise<Report> {
  const args = [CRUISE, '--config', RULES, '--output-type', 'json', ...folders];
  const run = promisify(execFile)(process.execPath, args, { cwd: root, maxBuffer: 256 << 20 });
  // The exit code is the number of violations; the report is on stdout all the same.
  const { stdout } = await run.catch((error: unknown) => error as { stdout: string });
  return JSON.parse(stdout) as Report;
}

async function sourceFiles(folder: string): Promise<string[]> {
  const files = await readdir(join(ROOT, folder), { recursive: true }).catch(() => []);
  return files.filter((file) => /\.(ts|tsx)$/.test(file) && !/(^|\/)(dist|node_modules)\//.test(file));
}

describe('the import rules', () => {
  it('hold in every file', async () => {
    const report = await cruise(ROOT, FOLDERS);
    const broken = report.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
    expect(broken).toEqual([]);
    // A rule over files that were not found would hold too.
    const seen = new Set(report.modules.map((module) => module.source));
    const files = await sourceFiles('src');
    expect(files.filter((file) => !seen.has(`src/${file}`))).toEqual([]);
    expect(files.length).toBeGreaterThan(20);
  });

  it.each([
    ['src/inbox/threads/a.ts', 'src/http/app.ts', 'inbox-has-no-transport'],
    ['src/http/app.ts', 'src/realtime/server.ts', 'transports-do-not-meet'],
    ['src/platform/a.ts', 'src/inbox/threads/a.ts', 'platform-knows-no-product'],
    ['src/providers/cloud/a.ts', 'src/platform/redis.ts', 'providers-only-translate'],
    ['src/providers/cloud/a.ts', 'src/providers/twilio/a.ts', 'providers-do-not-meet'],
    ['src/inbox/threads/a.ts', 'src/inbox/notes/queries.ts', 'queries-stay-home'],
    ['client/a.ts', 'src/inbox/threads/a.ts', 'client-knows-the-contract'],
    ['consumers/a.ts', 'consumers/b.ts', 'consumers-do-not-meet'],
    ['src/lib/a.ts', 'src/contract/a.ts', 'lib-stands-alone'],
    ['src/http/app.ts', 'src/server.ts', 'nothing-imports-entries'],
    ['src/inbox/threads/a.ts', 'src/simulator.ts', 'nothing-imports-entries'],
  ])('notice %s importing %s', async (from, to, rule) => {
    const root = await mkdtemp(join(testRunDir(), 'boundaries-'));
    const depth = '../'.repeat(from.split('/').length - 1);
    await put(root, from, `import { b } from '${depth}${to}';\nexport const a = b;\n`);
    await put(root, to, 'export const b = 1;\n');
    await put(root, 'tsconfig.json', '{"compilerOptions":{"allowImportingTsExtensions":true,"noEmit":true}}');
    await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
    const report = await cruise(root, [...new Set([from, to].map((file) => file.split('/')[0] ?? ''))]);
    expect(report.summary.violations.map((violation) => violation.rule.name)).toContain(rule);
    await rm(root, { recursive: true });
  });

  it('notice a package used outside its home', async () => {
    const root = await mkdtemp(join(testRunDir(), 'boundaries-'));
    await put(root, 'src/inbox/threads/a.ts', "import postgres from 'postgres';\nexport const a = postgres;\n");
    await put(root, 'src/inbox/threads/b.ts', "import Koa from 'koa';\nexport const b = Koa;\n");
    await put(root, 'tsconfig.json', '{"compilerOptions":{"allowImportingTsExtensions":true,"noEmit":true}}');
    await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
    const report = await cruise(root, ['src']);
    const names = report.summary.violations.map((violation) => violation.rule.name);
    expect(names).toEqual(expect.arrayContaining(['postgres-in-platform', 'koa-in-http']));
    await rm(root, { recursive: true });
  });
});

async function put(root: string, file: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), text);
}
