/** Every metric is there from the start and is moved by what it measures. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { liveClient, type TestClient } from '../support/client.ts';
import {
  openBusiness,
  openThread,
  startJourney,
  storedMessage,
  type Business,
  type Journey,
} from '../support/journey.ts';
import { postCloudSigned, SECRETS, textValue } from '../support/system.ts';
import { waitFor } from '../support/wait.ts';

/** Protocol section 8: name and labels. */
const METRICS: readonly (readonly [name: string, labels: readonly string[]])[] = [
  ['hunfly_http_requests_total', ['method', 'route', 'status']],
  ['hunfly_http_request_duration_seconds', ['method', 'route']],
  ['hunfly_inbox_messages_received_total', ['tenant', 'provider']],
  ['hunfly_inbox_messages_sent_total', ['tenant', 'provider']],
  ['hunfly_inbox_message_processing_duration_seconds', []],
  ['hunfly_inbox_glass_latency_seconds', []],
  ['hunfly_inbox_active_threads', ['tenant']],
  ['hunfly_queue_backlog', ['stream']],
  ['hunfly_queue_active_jobs', ['stream']],
  ['hunfly_queue_oldest_age_seconds', ['stream']],
  ['hunfly_queue_completed_total', ['stream']],
  ['hunfly_queue_failed_total', ['stream']],
  ['hunfly_dead_letters', []],
  ['hunfly_provider_requests_total', ['provider', 'outcome']],
  ['hunfly_provider_request_duration_seconds', ['provider']],
  ['hunfly_provider_errors_total', ['provider', 'code']],
  ['hunfly_db_query_duration_seconds', ['query']],
  ['hunfly_db_pool_connections', ['state']],
  ['hunfly_realtime_connections', ['tenant']],
  ['hunfly_realtime_events_published_total', []],
  ['hunfly_realtime_hints_heard_total', []],
  ['hunfly_realtime_resumes_total', ['result']],
  ['hunfly_realtime_slow_clients_total', []],
];

/** Measured while the workers are held up. */
const ENDS_AT_ZERO = new Set(['backlog', 'active_jobs', 'oldest_age_seconds'].map((name) => `hunfly_queue_${name}`));

let journey: Journey;
let business: Business;

beforeAll(async () => {
  journey = await startJourney({ env: { METRICS_TOKEN: 'scrape' }, workerEnv: { METRICS_PORT: '0' } });
  business = await openBusiness(journey);
});
afterAll(async () => {
  await journey.stop();
});

async function scrape(url: string): Promise<string> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer scrape' } });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/plain');
  return response.text();
}

/** The samples of a metric: labels and values. A histogram is its count. */
function samples(text: string, name: string): { readonly labels: string; readonly value: number }[] {
  return text.split('\n').flatMap((line) => {
    const match = /^(\w+)(?:\{(.*)\})? ([-+.\deINFa]+)$/.exec(line);
    if (match === null || ![name, `${name}_count`].includes(match[1] ?? '')) return [];
    return [{ labels: match[2] ?? '', value: Number(match[3]) }];
  });
}

const total = (text: string, name: string, label = ''): number =>
  samples(text, name).reduce((sum, sample) => (sample.labels.includes(label) ? sum + sample.value : sum), 0);

const scrapeAll = async (): Promise<string> => {
  const { inbound, outbound, housekeeping } = journey.workers;
  return (await Promise.all([...journey.nodes, inbound, outbound, housekeeping].map(({ url }) => scrape(url)))).join(
    '\n',
  );
};

const moved = async (name: string, label?: string): Promise<void> => {
  await waitFor(async () => total(await scrapeAll(), name, label) > 0, { deadlineMs: 20_000, what: `${name} moved` });
};

/** One webhook with `count` long texts of one customer. */
async function longThread(count: number): Promise<string> {
  const one = textValue(business.channel, 'wamid.long0') as { messages: Record<string, unknown>[] };
  const messages = Array.from({ length: count }, (_, n) => ({
    ...one.messages[0],
    ...{ id: `wamid.long${String(n)}`, text: { body: 'long '.repeat(800) } },
  }));
  expect(await postCloudSigned(journey.nodes[0].url, { ...one, messages }, business.secret)).toBe(200);
  return (await storedMessage(journey.system.database, business.tenantId, `wamid.long${String(count - 1)}`)).threadId;
}

/** Asks for much more than it takes. */
async function readNothing(threadId: string): Promise<TestClient> {
  const client = await liveClient(journey.nodes[1].url, business.people.admin.token);
  const engine = client.socket.io.engine as unknown as { transport: { ws: { pause(): void } } };
  engine.transport.ws.pause();
  for (let n = 0; n < 40; n += 1) client.socket.emit('thread:messages', { threadId, limit: 100 }, () => undefined);
  return client;
}

/** Keeps the workers from writing threads while `work` goes on. */
async function whileLocked(work: () => Promise<void>): Promise<void> {
  const options = { deadlineMs: 40_000 };
  await journey.system.database.transaction(
    'test.lock',
    async (tx) => {
      await tx`set local idle_in_transaction_session_timeout = 0`;
      await tx`lock table threads in access exclusive mode`;
      await work();
    },
    options,
  );
}

describe('the metrics', () => {
  it('have every public name from the start, with help and type, in every process', async () => {
    for (const worker of [journey.nodes[0], ...Object.values(journey.workers)]) {
      const text = await scrape(worker.url);
      for (const [name] of METRICS) {
        expect(text, `${worker.name} ${name}`).toMatch(new RegExp(`^# HELP ${name} \\S`, 'm'));
        expect(text, `${worker.name} ${name}`).toMatch(new RegExp(`^# TYPE ${name} (counter|gauge|histogram)$`, 'm'));
      }
    }
  });

  it('ask for the token; a worker says that it lives without it, and has nothing else', async () => {
    const { url } = journey.workers.inbound;
    for (const base of [url, journey.nodes[0].url]) expect((await fetch(`${base}/metrics`)).status).toBe(401);
    expect(await (await fetch(`${url}/health/live`)).json()).toEqual({ status: 'live' });
    expect((await fetch(`${url}/anything`)).status).toBe(404);
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405);
  });

  it('are each moved by what they measure', async () => {
    for (const name of ['hunfly_realtime_slow_clients_total', 'hunfly_queue_failed_total', 'hunfly_dead_letters']) {
      expect({ name, total: total(await scrapeAll(), name) }).toEqual({ name, total: 0 });
    }
    const client = await liveClient(journey.nodes[0].url, business.people.lead.token);
    const { threadId } = await openThread(journey, business);
    const send = (text: string): Promise<unknown> =>
      client.send('message:send', { threadId, kind: 'text', text, commandId: randomUUID() });
    await send('one for the counters');
    await moved('hunfly_inbox_messages_sent_total', `provider="cloud"`);
    await journey.simulate('misbehave', { mode: '429', count: 1, channel: business.channel });
    await send('one to be refused');
    await moved('hunfly_provider_errors_total', 'code="130429"');
    const again = await liveClient(journey.nodes[1].url, business.people.lead.token, client.ready[0]?.cursor ?? null);
    await moved('hunfly_realtime_resumes_total', 'result="replayed"');
    const slow = await readNothing(await longThread(100));
    await moved('hunfly_realtime_slow_clients_total');
    // Authentic, but of a number that nobody has added.
    const unknown = textValue('399999999999999', 'wamid.nobody');
    expect(await postCloudSigned(journey.nodes[0].url, unknown, SECRETS.META_APP_SECRET)).toBe(200);
    await whileLocked(async () => {
      expect(
        await postCloudSigned(journey.nodes[0].url, textValue(business.channel, 'wamid.waits'), business.secret),
      ).toBe(200);
      for (const name of ['backlog', 'active_jobs', 'oldest_age_seconds', 'failed_total']) {
        await moved(`hunfly_queue_${name}`, 'stream="ingest"');
      }
    });
    for (const [name] of METRICS) if (!ENDS_AT_ZERO.has(name)) await moved(name);
    await waitFor(async () => total(await scrapeAll(), 'hunfly_queue_active_jobs') === 0, { what: 'all jobs done' });
    const text = await scrapeAll();
    const unlabelled = METRICS.flatMap(([name, labels]) =>
      samples(text, name).flatMap((sample) =>
        labels.flatMap((label) => (sample.labels.includes(`${label}="`) ? [] : [`${name}{${label}}`])),
      ),
    );
    expect(unlabelled).toEqual([]);
    for (const one of [client, again, slow]) one.close();
  });

  it('are all in one scrape of a gateway that knows its peers, and those of a lost peer are left out', async () => {
    const { inbound, outbound, housekeeping } = journey.workers;
    const gone = 'http://127.0.0.1:9';
    const peers = [...journey.nodes, inbound, outbound, housekeeping].map(({ url }) => url);
    const whole = await journey.system.spawn('server', { METRICS_PEERS: [...peers, gone].join() });
    for (const name of ['hunfly_inbox_messages_received_total', 'hunfly_inbox_messages_sent_total']) {
      const apart = total(await scrapeAll(), name);
      expect(apart).toBeGreaterThan(0);
      expect(total(await scrape(whole.url), name)).toBe(apart);
    }
    // Measured by several of the same thing: the largest, not the sum.
    expect(total(await scrape(whole.url), 'hunfly_dead_letters')).toBe(1);
    expect(total(await scrape(journey.nodes[0].url), 'hunfly_inbox_messages_received_total')).toBe(0);
  });

  it('tell what waits on a stream also when none of its workers runs', async () => {
    const { inbound, housekeeping } = journey.workers;
    await inbound.end('SIGTERM');
    const late = textValue(business.channel, 'wamid.nobody-reads');
    expect(await postCloudSigned(journey.nodes[0].url, late, business.secret)).toBe(200);
    for (const name of ['backlog', 'oldest_age_seconds']) {
      const waits = async (): Promise<boolean> =>
        total(await scrape(housekeeping.url), `hunfly_queue_${name}`, 'stream="ingest"') > 0;
      await waitFor(waits, { deadlineMs: 20_000, what: `${name} of a stream that nobody reads` });
    }
  });
});
