import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { broken, judge } from '../../loadtest/bench/measure/verdict.mjs';
import { pairedRatio, percentile, spread } from '../../loadtest/bench/measure/stats.mjs';
import { writeHtml } from '../../loadtest/bench/report/html.mjs';
import { printTable } from '../../loadtest/bench/report/table.mjs';
import { runRounds, type Round } from '../../loadtest/bench/rounds.mjs';
import { ROOT } from '../../scripts/bootstrap/paths.mjs';
import { useStores, type Stores } from '../../loadtest/bench/stores.mjs';
import { testDatabaseUrl, testRunDir } from '../support/environment.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

describe('npm run bench -- --help', () => {
  it('tells the flags where nothing is installed, and installs nothing', async () => {
    const dir = await mkdtemp(join(testRunDir(), 'bench-'));
    for (const path of ['scripts', 'package.json', 'loadtest/bench/help.mjs']) {
      await cp(join(ROOT, path), join(dir, path), { recursive: true });
    }
    const program = join(dir, 'scripts/bench.mjs');
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, '--help'], { cwd: dir });
    expect([stdout.split('\n')[0], stderr]).toEqual(['npm run bench [-- flags]', '']);
  });
});

describe('the verdict', () => {
  const accepted: [string, string[]][] = [['1 2', ['a', 'b', 'c']]];
  const seen = { accepted, unseen: 0, copies: 0, strangers: 0 };
  const stored = { channel: '1', contact: '2', wamids: ['x', 'a', 'b', 'c'], unread: 4, last: 'c' };

  it('finds nothing wrong where nothing is, earlier messages of the conversation included', () => {
    expect(broken(judge(seen, [stored]))).toEqual([]);
  });

  it.each([
    ['a message that is not stored', { wamids: ['x', 'a', 'c'], unread: 3 }, '1 lost'],
    ['a conversation that is not there', { contact: '3' }, '3 lost'],
    ['a message stored twice', { wamids: ['x', 'a', 'a', 'b', 'c'], unread: 5 }, '1 doubled'],
    ['messages in another order', { wamids: ['x', 'b', 'a', 'c'] }, '1 disorder'],
    ['a wrong count', { unread: 3 }, '1 miscounted'],
    ['a wrong last message', { last: 'b' }, '1 wrongLast'],
  ])('tells %s', (_, wrong, words) => {
    expect(broken(judge(seen, [{ ...stored, ...wrong }]))).toEqual([words]);
  });

  it('tells what the screens lacked, were shown twice, or were shown though nobody sent it', () => {
    const wrong = judge({ ...seen, unseen: 2, copies: 1, strangers: 1 }, [stored]);
    expect(broken(wrong)).toEqual(['2 unseen', '2 doubled']);
  });
});

describe('the statistics', () => {
  it('pair ratios within rounds', () => {
    expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(spread([4, 1, 2, 3]).median).toBe(2.5);
    expect(pairedRatio([10, 30], [5, 10])).toEqual({ median: 2.5, min: 2, max: 3 });
    expect(percentile([5, 1, 4, 2, 3], 0.5)).toBe(3);
  });
});

describe('the report', () => {
  const round = (system: string, perSecond: number, broken: string[] = []): Round => ({
    ...{ mode: 'window', system, round: 0, spoiled: null },
    cell: { figures: { perSecond, 'cpu.worker': 7 }, broken, disturbance: { foreign: 0, lateP99Ms: 0 } },
  });
  const rounds = [round('ours', 30), round('floor', 40, ['1 lost <b>'])];

  it('has every figure, the ratio within the round and what was broken', () => {
    const text = printTable(rounds);
    expect(text).toMatch(/ours {2,}30 /);
    expect(text).toMatch(/ours \/ floor +0\.75 /);
    expect(text).toContain('floor broke a promise: 1 lost <b>');
    expect(text).toContain('of ours: worker 7');
  });

  it('is also a page that needs nothing else', async () => {
    const dir = await mkdtemp(join(testRunDir(), 'bench-'));
    const page = await readFile(writeHtml(dir, { at: '2026-01-01', machine: { cores: 2 }, rounds }), 'utf8');
    expect(page).toContain('ours is 0.75 × floor');
    expect(page).toContain('floor, round 1: 1 lost &#60;b&#62;');
    expect(page).not.toMatch(/src=|href=|url\(|@import|<script/);
  });
});

describe('a round', () => {
  let redis: TestRedis;
  let stores: Stores;
  const prefix = `bench_${String(process.pid)}`;

  beforeAll(async () => {
    redis = await startTestRedis();
    stores = useStores({ databaseUrl: testDatabaseUrl(), redisUrl: redis.url });
  });
  afterAll(async () => {
    for (const name of ['floor', 'guarded', 'ours'])
      for (const end of ['', '_20x1']) await stores.dropDatabase(`${prefix}_${name}${end}`);
    await stores.stop();
    await redis.drop();
  });

  async function smallest(
    mode: string,
    systems: string[],
    control: string | null,
    logs: string | null = null,
  ): Promise<Round[]> {
    const logDir = logs ?? (await mkdtemp(join(testRunDir(), 'bench-')));
    const place = { stores, logDir, profileDir: null, prefix, scale: 0.02 };
    const order = { modes: [mode], systems, rounds: 1, warmMs: 100, measureMs: 300, seed: 1, control, quick: true };
    return runRounds({ ...order, entries: 0, threads: [] }, place);
  }

  it('runs the floor, the floor with our promises and ours, and all keep every promise', async () => {
    const rounds = await smallest('burst', ['floor', 'guarded', 'ours'], null);
    expect(rounds.map(({ system }) => system)).toEqual(['floor', 'guarded', 'ours']);
    for (const { system, cell } of rounds) {
      expect(cell.broken, system).toEqual([]);
      expect(cell.figures['sent'], system).toBe(800);
      expect(cell.figures['refused'], system).toBe(0);
    }
  });

  it('notices a webhook that the driver calls accepted and never sent', async () => {
    const [round] = await smallest('window', ['floor'], 'lose');
    expect(round?.cell.broken).toEqual(['1 lost', '1 unseen']);
  });

  it('has our worker stand still for every webhook, where that is asked for', async () => {
    const logDir = await mkdtemp(join(testRunDir(), 'bench-'));
    const [round] = await smallest('burst', ['ours'], 'sleep', logDir);
    const log = await readFile(join(logDir, 'ours/inbound.log'), 'utf8');
    expect(round?.cell.broken).toEqual([]);
    // Those of the warm-up besides.
    const [, count] = /control sleep: stood still for (\d+) webhooks/.exec(log) ?? [];
    expect(Number(count)).toBeGreaterThanOrEqual(round?.cell.figures['sent'] ?? Infinity);
  });
});
