/**
 * A real Prometheus over the whole product: silent while all is well, loud in trouble, silent again after it, and every
 * panel of the dashboard has something to show. The rules are the shipped ones with shorter lengths of time.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../../scripts/bootstrap/paths.mjs';
import { liveClient } from '../support/client.ts';
import { testRunDir } from '../support/environment.ts';
import {
  customerWrites,
  openBusiness,
  openThread,
  startJourney,
  type Business,
  type Journey,
} from '../support/journey.ts';
import { describeWithPrometheus, startPrometheus, type Prometheus } from '../support/prometheus.ts';
import { postCloudSigned, SECRETS, textValue, type Worker } from '../support/system.ts';
import { PATIENCE_MS, waitFor } from '../support/wait.ts';
import { RULES } from './rules.ts';

/** Of a busy machine these say nothing about the product. */
const OF_SPEED = ['HunflyProcessBusy', 'HunflySlowToGlass'];
/** A slow job that failed is tried again within a minute, longer than is waited here. */
const OF_SLOW_JOBS = 'HunflyHousekeepingFails';

const DEADLINE_MS = 60_000;

let journey: Journey;
let business: Business;
let prometheus: Prometheus;
/** Workers that are restarted. */
const running = {} as Record<'inbound' | 'housekeeping', Worker>;

/** Every length of time that a person would wait for becomes seconds. */
async function writeQuickRules(): Promise<string> {
  const rules = RULES.map((rule) => ({
    ...rule,
    expr: rule.expr.replaceAll(/\[\d+[mh]\]/g, '[3s]'),
    ...(rule.for === undefined ? {} : { for: '2s' }),
  }));
  const file = join(testRunDir(), 'quick-alerts.json');
  await writeFile(file, JSON.stringify({ groups: [{ name: 'hunfly', rules }] }));
  return file;
}

interface Scrape {
  readonly scrape_configs: readonly { readonly job_name: string }[];
}

/** The shipped configuration, with the addresses of this product. */
async function configOf(targets: Readonly<Record<string, readonly Worker[]>>): Promise<object> {
  const shipped = parse(readFileSync(join(ROOT, 'monitoring/prometheus/prometheus.yml'), 'utf8')) as Scrape;
  return {
    global: { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '500ms' },
    rule_files: [await writeQuickRules()],
    scrape_configs: shipped.scrape_configs.map(({ job_name }) => ({
      job_name,
      static_configs: [{ targets: targets[job_name]?.map(({ port }) => `127.0.0.1:${String(port)}`) ?? [] }],
    })),
  };
}

let posted = 0;

const post = (channel: string, secret: string): Promise<number> => {
  posted += 1;
  return postCloudSigned(journey.nodes[0].url, textValue(channel, `wamid.${String(posted)}`), secret);
};

/** A customer who goes on writing until the work is done. */
async function whileCustomersWrite(work: () => Promise<void>): Promise<void> {
  let isDone = false;
  const working = work().finally(() => {
    isDone = true;
  });
  const writing = async (): Promise<boolean> => {
    await post(business.channel, business.secret);
    return isDone;
  };
  const options = { deadlineMs: 3 * DEADLINE_MS, what: 'the work while a customer writes' };
  await Promise.all([working, waitFor(writing, options)]);
}

const names = async (): Promise<string[]> =>
  (await prometheus.firing()).flatMap(({ alertname = '' }) => (OF_SPEED.includes(alertname) ? [] : [alertname]));

async function firesFor(labels: Readonly<Record<string, string>>): Promise<void> {
  const isIt = (one: Readonly<Record<string, string>>): boolean =>
    Object.entries(labels).every(([label, value]) => one[label] === value);
  const what = `${labels['alertname'] ?? ''} to fire`;
  await waitFor(async () => (await prometheus.firing()).some(isIt), { deadlineMs: DEADLINE_MS, what });
}

async function allQuiet(): Promise<void> {
  const quiet = async (): Promise<boolean> => (await names()).every((name) => name === OF_SLOW_JOBS);
  await waitFor(quiet, { deadlineMs: DEADLINE_MS, what: 'all alerts to end' });
}

/** Where it was, so that Prometheus finds it. */
async function restart(name: 'inbound' | 'housekeeping'): Promise<void> {
  const before = running[name];
  await before.end('SIGTERM');
  const env = { METRICS_PORT: String(before.port), SIMULATOR_URL: journey.simulator.url };
  running[name] = await journey.system.spawn(`consumers/${name}`, env);
}

/** Everybody does what is done in a day. */
async function aDay(): Promise<void> {
  const lead = await liveClient(journey.nodes[0].url, business.people.lead.token);
  const { threadId, digits } = await openThread(journey, business);
  await customerWrites(journey, business, { from: digits, text: 'a picture', file: 'image' });
  await lead.send('message:send', { threadId, kind: 'text', text: 'Hello!', commandId: randomUUID() });
  await waitFor(async () => (await prometheus.values('hunfly_media_bytes_total > 0')).length > 0, {
    what: 'the picture',
  });
  lead.close();
}

describeWithPrometheus('a Prometheus that watches the product', (path) => {
  beforeAll(async () => {
    journey = await startJourney({ workerEnv: { METRICS_PORT: '0' }, ownPostgres: true });
    const media = await journey.system.spawn('consumers/media', {
      METRICS_PORT: '0',
      SIMULATOR_URL: journey.simulator.url,
    });
    business = await openBusiness(journey);
    Object.assign(running, journey.workers);
    const workers = [...Object.values(journey.workers), media];
    prometheus = await startPrometheus(
      path,
      await configOf({ 'hunfly-gateway': journey.nodes, 'hunfly-consumer': workers }),
    );
    await waitFor(async () => (await prometheus.values('up == 1')).length === 6, { what: 'six targets' });
  });
  afterAll(async () => {
    await journey.stop();
    await prometheus.stop();
  });

  it('says nothing while all is well', async () => {
    await whileCustomersWrite(async () => {
      await aDay();
      // What was missing before everything ran is forgotten by then, and a scrape that a busy machine missed.
      const received = (): Promise<readonly number[]> =>
        prometheus.values('hunfly_inbox_messages_received_total offset 5s > 2');
      await waitFor(async () => (await received()).length > 0, { what: 'five seconds of messages' });
      await expect.poll(names, { timeout: PATIENCE_MS, interval: 100 }).toEqual([]);
    });
  });

  it('says that webhooks wait and who is gone, until the worker is back', async () => {
    const { inbound } = running;
    await inbound.end('SIGKILL');
    expect(await post(business.channel, business.secret)).toBe(200);
    await firesFor({ alertname: 'HunflyProcessDown', severity: 'page', instance: `127.0.0.1:${String(inbound.port)}` });
    await firesFor({ alertname: 'HunflyQueueStuck', severity: 'page', stream: 'ingest' });
    await restart('inbound');
    await allQuiet();
  });

  it('says that nothing can be stored, then that webhooks are refused, until Postgres and Redis are back', async () => {
    const { postgres, redis } = journey.system;
    await postgres?.stop();
    await whileCustomersWrite(() => firesFor({ alertname: 'HunflyBatchesFail', severity: 'page', stream: 'ingest' }));
    await redis.stop();
    const route = '/api/webhooks/whatsapp/cloud-api';
    await whileCustomersWrite(() => firesFor({ alertname: 'HunflyWebhooksRefused', severity: 'page', route }));
    await Promise.all([postgres?.restart(), redis.restart()]);
    await allQuiet();
  });

  it('says that a webhook is a dead letter, until somebody drops it', async () => {
    const { database } = journey.system;
    expect(await post('399999999999999', SECRETS.META_APP_SECRET)).toBe(200);
    const open = (): Promise<number> =>
      database.run('test.open', async (sql) => (await sql`select 1 from dead_letters where state = 'open'`).length);
    await waitFor(async () => (await open()) === 1, { what: 'the letter' });
    // It counts them when it starts, and then every 15 s.
    await restart('housekeeping');
    await firesFor({ alertname: 'HunflyDeadLetters', severity: 'ticket' });
    await database.run('test.drop', (sql) => sql`update dead_letters set state = 'dropped'`);
    await restart('housekeeping');
    await allQuiet();
  });

  it('has something to show on every panel of the dashboard', async () => {
    const { panels } = JSON.parse(readFileSync(join(ROOT, 'monitoring/grafana/hunfly.json'), 'utf8')) as {
      panels: { targets?: { expr: string }[] }[];
    };
    const asked = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    const empty = async (): Promise<(string | undefined)[]> => {
      const shown = await Promise.all(
        asked.map(async (expr) =>
          (await prometheus.values(expr.replaceAll('$__rate_interval', '10m'))).some(Number.isFinite),
        ),
      );
      return asked.flatMap((expr, n) => (shown[n] === true ? [] : [/hunfly_\w+/.exec(expr)?.[0]]));
    };
    expect(asked.length).toBeGreaterThan(30);
    // A second one: what is counted for the first time shows no rise.
    await aDay();
    // These have data only where a carrier refuses, and where there is a replica.
    const absent = ['hunfly_provider_errors_total', 'hunfly_db_replica_reads_total'];
    await expect.poll(empty, { timeout: PATIENCE_MS, interval: 500 }).toEqual(absent);
  });
});
