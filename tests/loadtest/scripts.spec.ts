import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { cloudTextBody, WEBHOOK_PATH } from '../../loadtest/lib/cloud-webhook.ts';
import * as processor from '../../loadtest/artillery/processor.ts';
import { findProgram } from '../../scripts/bootstrap/find-program.mjs';
import { ROOT } from '../../scripts/bootstrap/paths.mjs';
import { hasArtillery } from '../../scripts/loading/artillery.mjs';
import { scriptNames } from '../../scripts/loading/commands.mjs';
import { bundleK6 } from '../../scripts/loading/k6.mjs';
import { COMMANDS, type CommandName } from '../../src/contract/commands.ts';
import { LoadPlan } from '../../src/contract/load.ts';
import { testRunDir } from '../support/environment.ts';
import { isCorrect, runK6InNode } from '../support/k6-stand-in.ts';
import { ownPort } from '../support/port.ts';
import { createSystem, SECRETS, type System } from '../support/system.ts';
import { waitFor } from '../support/wait.ts';

let system: System;
let dir: string;
let planFile: string;
let plan: LoadPlan;

interface Ended {
  readonly code: number;
  readonly output: string;
}

/** `npm run load -- …` as a person types it. */
async function load(...args: string[]): Promise<Ended> {
  const env = { ...process.env, ...SECRETS, DATABASE_URL: system.databaseUrl, REDIS_URL: system.redis.url };
  const run = promisify(execFile)(process.execPath, [join(ROOT, 'scripts/load.mjs'), ...args], { env, cwd: ROOT });
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    (error: unknown) => {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, output: stdout + stderr };
    },
  );
}

beforeAll(async () => {
  system = await createSystem();
  const PORT = String(await ownPort());
  const SIMULATOR_URL = `http://127.0.0.1:${PORT}`;
  const [gateway] = await Promise.all([
    system.spawn('server', { SIMULATOR_URL }),
    system.spawnTogether(['consumers/inbound', 'consumers/outbound'], { SIMULATOR_URL }),
  ]);
  await system.spawn('simulator', { PORT, PUBLIC_URL: gateway.url });
  dir = await mkdtemp(join(testRunDir(), 'load-'));
  planFile = join(dir, 'load.json');
  const size = ['--tenants', '3', '--agents', '2', '--accounts', '2', '--url', gateway.url];
  const { code, output } = await load('prepare', ...size, '--data', dir);
  expect(output).toContain('3 businesses with 6 people');
  expect(output).toContain('plays the carrier of 6 numbers: answers are delivered and read');
  expect(code).toBe(0);
  plan = LoadPlan.parse(JSON.parse(readFileSync(planFile, 'utf8')));
});
afterAll(async () => {
  await system.stop();
});

const CUSTOMER = { from: '15550100777', id: 'wamid.answered', text: 'Hi' };

interface Listed {
  readonly items: readonly { readonly id: string; readonly status: string }[];
}

/** The REST API as the person of this token uses it; with a body it is a POST. */
async function inbox(token: string, path: string, body?: object): Promise<Listed> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const init = body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) };
  const answer = await fetch(`${plan.url}/api/inbox/${path}`, init);
  expect(answer.ok).toBe(true);
  return (await answer.json()) as Listed;
}

describe('npm run load -- prepare', () => {
  it('makes what was asked for, with tokens that open the inbox of their business', async () => {
    expect(plan.tenants.map(({ accounts, agents }) => [accounts.length, agents.length])).toEqual([
      [2, 2],
      [2, 2],
      [2, 2],
    ]);
    const { agents, tenantId } = plan.tenants[1]!;
    const headers = { authorization: `Bearer ${agents[1]!.token}`, 'x-tenant-id': tenantId };
    const answer = await fetch(`${plan.url}/api/inbox/conversations`, { headers });
    expect([answer.status, await answer.json()]).toEqual([200, { items: [], nextCursor: null }]);
    const channels = plan.tenants.flatMap(({ accounts }) => accounts.map(({ externalId }) => externalId));
    expect(new Set(channels).size).toBe(6);
  });

  it('has the simulator deliver and read what agents answer', async () => {
    const { accounts, agents } = plan.tenants[2]!;
    const [account, manager] = [accounts[0]!, agents[0]!];
    const text = cloudTextBody({ ...CUSTOMER, externalId: account.externalId, atMs: Date.now() });
    const signature = createHmac('sha256', account.secret).update(text).digest('hex');
    const headers = { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${signature}` };
    await fetch(`${plan.url}${WEBHOOK_PATH}`, { method: 'POST', headers, body: text });
    const thread = await waitFor(async () => (await inbox(manager.token, 'conversations')).items[0]);
    const answer = { threadId: thread.id, kind: 'text', text: 'Hello' };
    await inbox(manager.token, 'send_message', answer);
    const path = `conversations/${thread.id}/messages`;
    await waitFor(async () => (await inbox(manager.token, path)).items.some(({ status }) => status === 'read'));
  });

  it('says what becomes of answers where there is no simulator', async () => {
    const plain = await system.spawn('server');
    const out = join(dir, 'plain.json');
    const { code, output } = await load('prepare', '--tenants', '1', '--url', plain.url, '--out', out, '--data', dir);
    await plain.end('SIGTERM');
    expect(code).toBe(0);
    expect(output).toMatch(/no simulator plays these numbers \(404 .*\): answers .* end as failed/);
  });

  it('refuses sizes that make no sense, and names the flag', async () => {
    const { code, output } = await load('prepare', '--agents', '0', '--data', dir);
    expect(code).not.toBe(0);
    expect(output).toContain('--agents must be a whole number from 1 to 1000');
  });
});

describe('npm run load', () => {
  it.each([[['prepare', '--help']], [['prepare', '--tenants', '3', '-h']], [['artillery', '--help']], [['k6', '-h']]])(
    'tells what there is and does nothing: %j',
    async (asked) => {
      const before = readFileSync(planFile, 'utf8');
      const help = expect.stringMatching(/^npm run load -- <command>\n/) as string;
      expect(await load(...asked, '--data', dir)).toMatchObject({ code: 0, output: help });
      expect(readFileSync(planFile, 'utf8')).toBe(before);
    },
  );

  it('says what is missing: a command, a script, the plan', async () => {
    expect(await load('list')).toMatchObject({ code: 0, output: expect.stringContaining('reconnect-storm') as string });
    expect(await load('k7')).toMatchObject({ code: 1, output: expect.stringContaining('no command "k7"') as string });
    const unknown = await load('artillery', 'nothing');
    expect(unknown).toMatchObject({ code: 1, output: expect.stringContaining('no artillery script') as string });
    const planless = await load('artillery', 'mixed', '--plan', join(dir, 'none.json'));
    expect(planless.output).toContain('run npm run load -- prepare first');
  });
});

const TINY = {
  ...{ VUS: '2', MESSAGES: '20', WIDTH: '4', ROUNDS: '2', THINK_S: '0.01', RATE: '5', DURATION: '2s' },
  ...{ MISSED: '2', CUT_MS: '1500', BACK_MS: '2000', JITTER_MS: '1' },
};

describe('the k6 script', () => {
  it.each(scriptNames('k6'))('%s finds nothing lost, doubled or refused', async (name) => {
    const env = { ...TINY, HUNFLY_LOAD_PLAN: planFile };
    const bundle = await bundleK6(name, dir, 'cjs');
    const runs = name === 'mixed' ? ['customers', 'agents'] : ['default'];
    for (const exec of runs) {
      const result = await runK6InNode(bundle, { users: 3, env, exec });
      expect(result.checks.failed).toEqual([]);
      expect(result.checks.passed).toBeGreaterThan(2);
      expect(isCorrect(result)).toBe(true);
      if (exec !== 'customers') expect(result.trends['hunfly_glass_ms']?.length).toBeGreaterThan(3);
    }
  });

  it('fails when a message does not arrive (the checks above can)', async () => {
    const withoutWebhooks = { ...plan, tenants: plan.tenants.map((one) => ({ ...one, accounts: [WRONG] })) };
    const file = join(dir, 'wrong.json');
    writeFileSync(file, JSON.stringify(withoutWebhooks));
    const bundle = await bundleK6('webhook-burst', dir, 'cjs');
    const result = await runK6InNode(bundle, { users: 1, env: { ...TINY, HUNFLY_LOAD_PLAN: file } });
    expect(isCorrect(result)).toBe(false);
    expect(result.checks.failed).toContain('webhook answered 200');
  });

  it('webhook-burst runs green in k6 itself, or it is said what to install', async () => {
    const isThere = findProgram(['k6']) !== null;
    if (!isThere) process.stderr.write('!!! k6 is not installed: its scripts ran in a stand-in only\n');
    const { code, output } = await load('k6', 'webhook-burst', '--plan', planFile, '-e', 'VUS=2', '-e', 'MESSAGES=20');
    if (isThere) expect(code, output).toBe(0);
    else expect([code, output]).toEqual([1, expect.stringContaining('k6 is not in PATH: install it')]);
  });
});

interface Step {
  readonly function?: string;
  readonly emit?: { readonly channel: string; readonly data: Record<string, unknown> };
  readonly post?: { readonly url: string; readonly beforeRequest: string };
  readonly loop?: readonly Step[];
}
interface ArtilleryScript {
  readonly config: { readonly ensure: { readonly conditions: readonly { readonly expression: string }[] } };
  readonly scenarios: readonly { readonly flow: readonly Step[] }[];
}

const stepsOf = (steps: readonly Step[]): Step[] => steps.flatMap((step) => [step, ...stepsOf(step.loop ?? [])]);

describe('the artillery script', () => {
  it.each(scriptNames('artillery'))('%s names only what exists, and may lose nothing', (name) => {
    const script = parse(readFileSync(join(ROOT, `loadtest/artillery/${name}.yml`), 'utf8')) as ArtilleryScript;
    const steps = stepsOf(script.scenarios.flatMap(({ flow }) => flow));
    const named = steps.flatMap((step) => [step.function, step.post?.beforeRequest]).filter((one) => one !== undefined);
    expect(named.filter((one) => !(one in processor))).toEqual([]);
    for (const { emit } of steps) {
      if (emit === undefined) continue;
      const known = Object.keys(COMMANDS[emit.channel as CommandName].input.shape);
      expect(Object.keys(emit.data).filter((key) => !known.includes(key))).toEqual([]);
    }
    const conditions = script.config.ensure.conditions.map(({ expression }) => expression);
    expect(conditions).toEqual(expect.arrayContaining(['vusers.failed == 0', 'hunfly.lost == 0', 'hunfly.gaps == 0']));
  });

  it('agents-day runs green in artillery itself, where that is installed', async () => {
    if (!hasArtillery()) {
      process.stderr.write('!!! artillery is not installed: npm run load -- artillery NAME installs it\n');
      return;
    }
    const tiny = JSON.stringify({ config: { phases: [{ duration: 1, arrivalCount: 2 }] } });
    const { code, output } = await load('artillery', 'agents-day', '--plan', planFile, '--overrides', tiny);
    expect(code, output).toBe(0);
    expect(output).toContain('ok: hunfly.lost == 0');
  });
});

const WRONG = { accountId: '00000000-0000-4000-8000-000000000000', externalId: '1', secret: 'not the secret' };
