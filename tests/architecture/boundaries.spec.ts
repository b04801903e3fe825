import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testRunDir } from '../support/environment.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RULES = join(ROOT, 'tests/architecture/boundaries.cjs');
const CRUISE = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const FOLDERS = ['src', 'consumers', 'client', 'loadtest', 'tests'];

interface Report {
  readonly summary: {
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
  readonly modules: readonly { readonly source: string }[];
}

async function cruise(root: string): Promise<Report> {
  const folders = FOLDERS.filter((folder) => existsSync(join(root, folder)));
  const args = [CRUISE, '--config', RULES, '--output-type', 'json', ...folders];
  const run = promisify(execFile)(process.execPath, args, { cwd: root, maxBuffer: 256 << 20 });
  // The exit code is the number of violations; the report is on stdout all the same.
  const { stdout } = await run.catch((error: unknown) => error as { stdout: string });
  return JSON.parse(stdout) as Report;
}

async function put(root: string, file: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), text);
}

describe('the import rules', () => {
  it('hold in every file', async () => {
    const report = await cruise(ROOT);
    const broken = report.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
    expect(broken).toEqual([]);
    // A rule over files that were not found would hold too.
    const seen = new Set(report.modules.map((module) => module.source));
    const files = (await readdir(join(ROOT, 'src'), { recursive: true })).filter((file) => file.endsWith('.ts'));
    expect(files.filter((file) => !seen.has(join('src', file)))).toEqual([]);
    expect(files.length).toBeGreaterThan(40);
  });
});

describe('a rule', () => {
  const breaks = [
    ['lib-stands-alone', 'src/lib/one.ts', 'src/contract/ids.ts'],
    ['contract-is-for-everyone', 'src/contract/two.ts', 'src/lib/clock.ts'],
    ['platform-knows-no-product', 'src/platform/three.ts', 'src/inbox/threads/list.ts'],
    ['providers-only-translate', 'src/providers/cloud/four.ts', 'src/platform/redis.ts'],
    ['providers-do-not-meet', 'src/providers/cloud/five.ts', 'src/providers/twilio/send.ts'],
    ['inbox-knows-no-carrier', 'src/inbox/threads/six.ts', 'src/providers/twilio/send.ts'],
    ['inbox-has-no-transport', 'src/inbox/threads/seven.ts', 'src/http/app.ts'],
    ['transports-do-not-meet', 'src/http/eight.ts', 'src/realtime/server.ts'],
    ['transports-do-not-compose', 'src/http/nine.ts', 'src/deps.ts'],
    ['consumers-carry-no-transport', 'consumers/ten.ts', 'src/http/app.ts'],
    ['consumers-do-not-meet', 'consumers/eleven.ts', 'consumers/inbound.ts'],
    ['nothing-imports-entries', 'src/inbox/threads/twelve.ts', 'src/simulator.ts'],
    ['nothing-imports-entries', 'src/http/thirteen.ts', 'src/server.ts'],
    ['client-knows-the-contract', 'client/fourteen.ts', 'src/inbox/threads/list.ts'],
    ['client-data-flows-one-way', 'client/src/state/fourteen.ts', 'client/src/components/loose.ts'],
    ['loadtest-knows-the-contract', 'loadtest/fifteen.ts', 'src/inbox/threads/list.ts'],
    ['nothing-imports-tests', 'src/inbox/threads/sixteen.ts', 'tests/support/wait.ts'],
    ['queries-stay-home', 'src/inbox/threads/seventeen.ts', 'src/inbox/notes/queries.ts'],
    ['no-cycles', 'src/inbox/threads/eighteen.ts', 'src/inbox/threads/nineteen.ts'],
    ['postgres-in-platform', 'src/inbox/threads/twenty.ts', 'postgres'],
    ['ioredis-in-platform', 'src/inbox/threads/twentyone.ts', 'ioredis'],
    ['prometheus-in-platform', 'src/http/twentytwo.ts', 'prom-client'],
    ['koa-in-http', 'src/realtime/twentythree.ts', 'koa'],
    ['socketio-in-realtime', 'src/http/twentyfour.ts', 'socket.io'],
    ['casl-in-team', 'src/http/twentyfive.ts', '@casl/ability'],
  ] as const;
  let root: string;
  let report: Report;

  beforeAll(async () => {
    root = await mkdtemp(join(testRunDir(), 'boundaries-'));
    await put(root, 'tsconfig.json', '{"compilerOptions":{"allowImportingTsExtensions":true,"noEmit":true}}');
    await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
    for (const [, from, to] of breaks) {
      const target = to.endsWith('.ts') ? `${'../'.repeat(from.split('/').length - 1)}${to}` : to;
      if (to.endsWith('.ts') && !existsSync(join(root, to))) await put(root, to, 'export const here = 1;\n');
      await put(root, from, `import * as it from '${target}';\nexport const there = it;\n`);
    }
    await put(root, 'src/inbox/threads/nineteen.ts', "import * as it from './eighteen.ts';\nexport const here = it;\n");
    report = await cruise(root);
  });
  afterAll(async () => {
    await rm(root, { recursive: true });
  });

  it.each(breaks)('%s is seen to fire for %s importing %s', (rule, from) => {
    const fired = report.summary.violations.filter((violation) => violation.from === from);
    expect(fired.map((violation) => violation.rule.name)).toContain(rule);
  });
});
