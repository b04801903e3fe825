import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { splitArgs } from '../../scripts/operator/with-engines.mjs';
import { ensureNode } from '../../scripts/bootstrap/ensure-node.mjs';
import { ROOT } from '../../scripts/bootstrap/paths.mjs';
import { isAlive, readOwner, thisProcess, tryLock } from '../../scripts/bootstrap/pid-lock.mjs';
import { freePort } from '../../scripts/bootstrap/wait.mjs';
import { openFront } from '../../scripts/supervisor/front.mjs';
import { parseFlags } from '../../scripts/supervisor/flags.mjs';
import { readRuntime, writeRuntime } from '../../scripts/supervisor/runtime-file.mjs';
import { devSecrets } from '../../scripts/supervisor/secrets.mjs';

type Node = ReturnType<Parameters<typeof openFront>[1]>[number];

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hunfly-start-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function npmStart(...args: string[]) {
  return npmStartWith({}, ...args);
}

async function npmStartWith(env: Record<string, string>, ...args: string[]) {
  const child = spawn(process.execPath, [join(ROOT, 'scripts', 'start.mjs'), ...args], {
    env: { ...process.env, ...env },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

describe('npm start', () => {
  it('started a second time says so in plain words and touches nothing', async () => {
    const unlock = tryLock(join(dir, 'start.lock'), 'start');
    writeRuntime(dir, { url: 'http://localhost:4321', env: {}, processes: [], engines: {} });
    const before = readdirSync(dir);
    const { code, output } = await npmStart('--data', dir, '--fresh');
    expect(readdirSync(dir)).toEqual(before);
    unlock?.();
    expect(code).toBe(1);
    expect(output).toContain(`already running on ${dir} (process ${String(process.pid)}, http://localhost:4321)`);
    expect(output).not.toMatch(/\n\s+at /);
  });

  it('says which port is taken and what to do, without a stack trace', async () => {
    const port = await freePort();
    const close = await openFront(port, () => []);
    const { code, output } = await npmStart('--data', dir, '--port', String(port));
    close();
    expect(code).toBe(1);
    expect(output).toContain(`port ${String(port)} is taken: choose another with npm start -- --port N`);
    expect(output).not.toMatch(/\n\s+at /);
  });

  it.each([
    ['DATABASE_URL', 'postgres://a:b@127.0.0.1:1/c'],
    ['REDIS_URL', 'redis://127.0.0.1:1'],
  ])('says that the server of %s does not answer, and leaves nothing running', async (name, url) => {
    const { code, output } = await npmStartWith({ [name]: url }, '--data', dir, '--port', String(await freePort()));
    expect(code).toBe(1);
    expect(output).toMatch(new RegExp(`${name}: no \\w+ answers at 127.0.0.1:1 .+Start it, or correct the variable`));
    expect(output).not.toMatch(/ready:|\n\s+at /);
    const pidFiles = readdirSync(dir, { recursive: true }).map(String);
    const guarded = pidFiles.filter((file) => basename(file) === 'guarded.pid');
    expect(guarded).toHaveLength(1);
    for (const file of guarded) expect(isAlive(readOwner(join(dir, file)))).toBe(false);
    expect(pidFiles).not.toContain('start.lock');
  });

  it('lists every flag in its help', async () => {
    const { code, output } = await npmStart('--help');
    expect(code).toBe(0);
    for (const flag of ['--port', '--nodes', '--no-simulator', '--no-demo', '--data', '--fresh']) {
      expect(output).toContain(flag);
    }
  });

  it.each([
    [['--port', 'http'], /--port takes a whole number from 1 to 65535, not "http"/],
    [['--nodes', '0'], /--nodes takes a whole number from 1 to 16/],
    [['--nope'], /'--nope'/],
    [['--data='], /--data takes a folder/],
  ])('refuses %j with a reason', (args, reason) => {
    expect(() => parseFlags(args)).toThrow(reason);
  });

  it('names PORT where the port came from there', () => {
    vi.stubEnv('PORT', 'http');
    expect(() => parseFlags([])).toThrow(/^PORT takes a whole number from 1 to 65535, not "http"/);
    vi.unstubAllEnvs();
    expect(parseFlags([]).port).toBe(3000);
  });

  it('runs on Node 20.19 and later only', () => {
    expect(() => ensureNode('20.18.3')).toThrow(/Node 20.19 or newer is needed, this is 20.18.3/);
    expect(() => ensureNode('18.20.0')).toThrow();
    ensureNode('20.19.0');
    ensureNode('26.1.0');
  });
});

describe('the public port', () => {
  const answering = (name: string, state: Node['state'] = 'ready'): Node => ({
    name,
    pid: 1,
    state,
    failures: 0,
    logFile: '',
    stop: async () => {},
    hand: async (socket) => {
      socket.end(name);
      return true;
    },
  });
  async function ask(port: number): Promise<string> {
    const socket = connect(port, '127.0.0.1').setEncoding('utf8');
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    return answer;
  }

  it('gives connections to the ready nodes in turn, never to one that drains or is down', async () => {
    const port = await freePort();
    const nodes = [answering('a'), answering('b', 'draining'), answering('c'), answering('d', 'down')];
    const close = await openFront(port, () => nodes);
    const answers = [await ask(port), await ask(port), await ask(port), await ask(port)];
    close();
    expect(answers.sort()).toEqual(['a', 'a', 'c', 'c']);
  });

  it('holds a connection until a node is ready', async () => {
    const port = await freePort();
    const node = answering('late', 'starting');
    const close = await openFront(port, () => [node]);
    const answer = ask(port);
    node.state = 'ready';
    expect(await answer).toBe('late');
    close();
  });

  it('offers a connection to the next node when one does not take it', async () => {
    const port = await freePort();
    const close = await openFront(port, () => [{ ...answering('dead'), hand: async () => false }, answering('alive')]);
    expect([await ask(port), await ask(port)]).toEqual(['alive', 'alive']);
    close();
  });
});

describe('the data folder', () => {
  it('is locked by one process at a time, and a dead one’s lock is taken over', () => {
    const file = join(dir, 'lock');
    const unlock = tryLock(file);
    expect(tryLock(file)).toBeNull();
    unlock?.();
    writeFileSync(file, JSON.stringify({ ...thisProcess(), started: 'before the last boot' }));
    expect(tryLock(file)).not.toBeNull();
  });

  it('takes a process for alive only if it is the very one, not a later one with its number', () => {
    expect(isAlive(thisProcess())).toBe(true);
    expect(isAlive({ ...thisProcess(), started: 'x' })).toBe(false);
    expect(isAlive(null)).toBe(false);
  });

  it('forgets an inbox that was killed', () => {
    writeRuntime(dir, { url: 'u', env: {}, processes: [], engines: {} });
    expect(readRuntime(dir)?.url).toBe('u');
    writeFileSync(join(dir, 'runtime.json'), JSON.stringify({ owner: { pid: 1, started: 'never' }, url: 'u' }));
    expect(readRuntime(dir)).toBeNull();
  });

  it('keeps its secrets over restarts, each its own', () => {
    mkdirSync(join(dir, 'a'));
    const first = devSecrets(join(dir, 'a'));
    expect(devSecrets(join(dir, 'a'))).toEqual(first);
    const values = Object.values(first.env);
    expect(new Set(values).size).toBe(values.length);
  });
});

describe('npm run hunfly', () => {
  it.each([
    [[], false],
    [['--help'], false],
    [['tenant', 'create', '--help'], false],
    [['webhook', 'explain', 'body.json'], false],
    [['verify', '--tenant', 'demo'], true],
  ])('%j needs the engines: %s', (args, needed) => {
    expect(splitArgs(args).needsEngines).toBe(needed);
  });

  const hunfly = async (...args: string[]) => {
    const child = spawn(process.execPath, [join(ROOT, 'scripts', 'hunfly.mjs'), ...args], {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, out, err };
  };

  it('refuses a word that is no command before anything is started, in JSON too', async () => {
    const { code, out } = await hunfly('tennant', 'create', '--json', '--data', dir);
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'invalid_input' } });
    expect(readdirSync(dir)).toEqual([]);
  });

  it.each([
    ['nothing after it', ['verify', '--json', '--data']],
    ['a flag after it', ['verify', '--data', '--json']],
    ['an empty value', ['verify', '--json', '--data=']],
  ])('refuses --data with %s as the CLI refuses any other flag, in JSON too', async (_case, args) => {
    const { code, out, err } = await hunfly(...args);
    expect(code).toBe(2);
    const { error } = JSON.parse(out) as { error: { code: string; message: string } };
    expect(error).toEqual({ code: 'invalid_input', message: '--data needs a folder, for example --data .data' });
    expect(err).toBe(`UsageError: ${error.message}\nusage: hunfly <command> --data DIR, see hunfly --help\n`);
  });

  it('tells a program in JSON what keeps it from starting at all', async () => {
    const { code, out, err } = await hunfly('verify', '--json', '--data', '/dev/null/nowhere');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'unavailable' } });
    expect(err).toContain('/dev/null/nowhere');
  });

  it('takes --data for itself and leaves the rest to the CLI', () => {
    expect(splitArgs(['verify', '--data', dir, '--json'])).toMatchObject({ data: dir, args: ['verify', '--json'] });
    expect(splitArgs([`--data=${dir}`, 'verify'])).toMatchObject({ data: dir, args: ['verify'] });
  });
});
