/** When the alerts that can wait for the morning are raised, and when not. */
import { level, rising, still, type Situations } from './situation.ts';

const http = (route: string, status: string): string =>
  `hunfly_http_requests_total{method="POST", route="${route}", status="${status}"}`;
const TWILIO = '/api/webhooks/whatsapp/twilio';
const of = (name: string, labels: Readonly<Record<string, string>>): string => {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return `${name}{${pairs.join(', ')}}`;
};
const numbers = (instance: string, state: string): string =>
  of('hunfly_accounts', { instance, provider: 'evolution', state });
const checks = (provider: string, result: string): string => of('hunfly_account_checks_total', { provider, result });
const found = (result: string): string => of('hunfly_reconciled_items_total', { provider: 'twilio', result });
const requests = (provider: string, outcome: string): string =>
  of('hunfly_provider_requests_total', { provider, outcome });
const fetches = (provider: string, outcome: string): string => of('hunfly_media_fetches_total', { provider, outcome });
const glass = (le: string): string => of('hunfly_inbox_glass_latency_seconds_bucket', { le });
const hints = (instance: string, job: string): string => of('hunfly_realtime_hints_heard_total', { instance, job });
const RECEIVED = 'hunfly_inbox_messages_received_total{provider="cloud", tenant="t"}';
const lag = (job: string): string => of('nodejs_eventloop_lag_p99_seconds', { instance: 'gateway-1:3000', job });
const pool = (state: string): string => of('hunfly_db_pool_connections', { instance: 'gateway-1:3000', state });
const replica = (result: string): string => of('hunfly_db_replica_reads_total', { result });
const files = (name: string, job: string): string => of(name, { instance: 'gateway-1:3000', job });
const resumes = (result: string): string => of('hunfly_realtime_resumes_total', { result });
const failing = (instance: string, component: string): string =>
  of('hunfly_housekeeping_failing', { instance, component });

export const MORNING: Situations = {
  HunflyWebhooksUnauthenticated: [
    {
      title: 'a secret was changed on one side',
      series: { [http(TWILIO, '401')]: rising(0.15), [http(TWILIO, '200')]: rising(5) },
      raises: { labels: { route: TWILIO }, says: `Signatures of ${TWILIO} do not match.` },
    },
    {
      title: 'somebody tries his luck, and people mistype passwords',
      series: {
        [http(TWILIO, '401')]: rising(0.08),
        [http(TWILIO, '200')]: rising(5),
        [http('/api/auth/login', '401')]: rising(1),
      },
    },
  ],
  HunflyNumbersStopped: [
    {
      title: 'one number is logged out and two are cut off, and two processes say so',
      series: {
        [numbers('a', 'reauth')]: level(1),
        [numbers('b', 'reauth')]: level(1),
        [numbers('a', 'disconnected')]: level(2),
        [numbers('a', 'connected')]: level(9),
      },
      raises: { labels: { provider: 'evolution' }, says: '3 numbers of evolution send nothing.' },
    },
    {
      title: 'all work',
      series: {
        [numbers('a', 'reauth')]: level(0),
        [numbers('a', 'connected')]: level(9),
        [numbers('a', 'degraded')]: level(1),
      },
    },
    { title: 'a phone is offline for ten minutes', series: { [numbers('a', 'disconnected')]: '0x40 1x39 0x80' } },
  ],
  HunflyCarriersSilent: [
    {
      title: 'three of four checks get no answer',
      series: {
        [checks('twilio', 'silent')]: rising(0.03),
        [checks('twilio', 'connected')]: rising(0.01),
        [checks('evolution', 'connected')]: rising(5),
      },
      raises: { labels: { provider: 'twilio' }, says: 'Most questions to twilio about numbers get no answer.' },
    },
    {
      title: 'two of five checks get no answer, the others bad ones',
      series: { [checks('twilio', 'silent')]: rising(0.02), [checks('twilio', 'disconnected')]: rising(0.03) },
    },
  ],
  HunflyWebhooksMissed: [
    {
      title: 'thirty items at once, the first that this process found',
      series: { [found('new')]: '0x120 30x40', [found('found')]: '0x120 90x40' },
      raises: { labels: { provider: 'twilio' }, says: '30 items of twilio came within an hour by asking only.' },
    },
    { title: 'fifteen items', series: { [found('new')]: '0x120 15x40', [found('found')]: '0x120 90x40' } },
  ],
  HunflyProviderErrors: [
    {
      title: 'of ten requests three fail, of another carrier none',
      series: {
        [requests('cloud', 'refused')]: rising(0.009),
        [requests('cloud', 'accepted')]: rising(0.021),
        [requests('twilio', 'accepted')]: rising(10),
      },
      raises: { labels: { provider: 'cloud' }, says: 'Of the requests to cloud 30% are not accepted.' },
    },
    {
      title: 'of twenty requests three fail',
      series: { [requests('cloud', 'unknown')]: rising(0.15), [requests('cloud', 'accepted')]: rising(0.85) },
    },
    {
      title: 'one message of a quiet hour is tried again and again',
      series: { [requests('cloud', 'refused')]: rising(0.015) },
    },
  ],
  HunflyMediaNotStored: [
    {
      title: 'of ten attachments eight fail, of another carrier none',
      series: {
        [fetches('evolution', 'storage')]: rising(0.012),
        [fetches('evolution', 'stored')]: rising(0.003),
        [fetches('cloud', 'stored')]: rising(10),
      },
      raises: { labels: { provider: 'evolution' }, says: 'Most attachments of evolution cannot be fetched or stored.' },
    },
    {
      title: 'of ten attachments four fail',
      series: { [fetches('cloud', '404')]: rising(0.4), [fetches('cloud', 'stored')]: rising(0.6) },
    },
    {
      title: 'one attachment of a quiet hour is tried again and again',
      series: { [fetches('cloud', '404')]: rising(0.008) },
    },
  ],
  HunflyDeadLetters: [
    {
      title: 'three letters are open',
      series: { hunfly_dead_letters: level(3) },
      raises: { says: '3 webhooks wait in the dead letters.' },
    },
    { title: 'none is, or was applied within minutes', series: { hunfly_dead_letters: '0x40 2x38 0x80' } },
  ],
  HunflyDeadLettersEnding: [
    {
      title: 'three letters end',
      series: { hunfly_dead_letters_ending: level(3) },
      raises: { says: '3 dead letters that nobody has applied or dropped are deleted within seven days.' },
    },
    { title: 'none does', series: { hunfly_dead_letters_ending: level(0) } },
  ],
  HunflyReportsBehind: [
    {
      title: '15,000 events are not counted yet',
      series: { hunfly_report_backlog: level(15_000) },
      raises: { says: 'Reports are 15000 events behind.' },
    },
    { title: '7,500 are not, or more for ten minutes', series: { hunfly_report_backlog: '7500x40 15000x38 7500x80' } },
  ],
  HunflyHousekeepingFails: [
    {
      title: 'a job fails in one of two processes',
      series: {
        [failing('a', 'partitions')]: level(1),
        [failing('b', 'partitions')]: level(0),
        [failing('a', 'snooze')]: level(0),
      },
      raises: {
        labels: { component: 'partitions' },
        says: 'The job partitions of housekeeping fails again and again.',
      },
    },
    { title: 'Postgres is away for ten minutes', series: { [failing('a', 'snooze')]: '0x40 1x38 0x80' } },
  ],
  HunflySlowToGlass: [
    {
      title: 'one message in a hundred takes 1.5 s',
      series: {
        [glass('0.5')]: rising(9),
        [glass('1')]: rising(9.85),
        [glass('2.5')]: rising(10),
        [glass('+Inf')]: rising(10),
      },
      raises: { says: 'One message in a hundred needs more than 1.5s from webhook to screen.' },
    },
    {
      title: 'it takes 0.7 s',
      series: {
        [glass('0.5')]: rising(9.85),
        [glass('1')]: rising(10),
        [glass('2.5')]: rising(10),
        [glass('+Inf')]: rising(10),
      },
    },
    { title: 'nothing arrives', series: { [glass('1')]: still, [glass('+Inf')]: still } },
  ],
  HunflyHintsSilent: [
    {
      title: 'one of two gateways hears nothing; workers never do',
      series: {
        [hints('gateway-1:3000', 'hunfly-gateway')]: rising(1),
        [hints('gateway-2:3000', 'hunfly-gateway')]: still,
        [hints('inbound:9100', 'hunfly-consumer')]: level(0),
        [RECEIVED]: rising(0.15),
      },
      raises: {
        labels: { instance: 'gateway-2:3000' },
        says: 'gateway-2:3000 hears no hints, so that events come up to 2 s late.',
      },
    },
    {
      title: 'hardly anything arrives that it could hear of',
      series: { [hints('gateway-2:3000', 'hunfly-gateway')]: still, [RECEIVED]: rising(0.08) },
    },
    {
      title: 'gateways hear, workers do not',
      series: {
        [hints('gateway-1:3000', 'hunfly-gateway')]: rising(0.1),
        [hints('inbound:9100', 'hunfly-consumer')]: level(0),
        [RECEIVED]: rising(5),
      },
    },
  ],
  HunflyProcessBusy: [
    {
      title: 'a process is 0.3 s late',
      series: { [lag('hunfly-gateway')]: level(0.3) },
      raises: { labels: { instance: 'gateway-1:3000' }, says: 'gateway-1:3000 has more to do than one core.' },
    },
    {
      title: 'it is 0.15 s late, another product more',
      series: { [lag('hunfly-gateway')]: level(0.15), [lag('other')]: level(5) },
    },
  ],
  HunflyDatabaseBusy: [
    {
      title: '30 calls wait',
      series: { [pool('waiting')]: level(30), [pool('active')]: level(14) },
      raises: {
        labels: { instance: 'gateway-1:3000' },
        says: '30 calls of gateway-1:3000 wait for a database connection.',
      },
    },
    { title: '15 calls wait', series: { [pool('waiting')]: level(15), [pool('active')]: level(14) } },
  ],
  HunflyReplicaUnused: [
    {
      title: 'of ten reads six fall to the primary',
      series: { [replica('away')]: rising(0.2), [replica('resting')]: rising(0.4), [replica('served')]: rising(0.4) },
      raises: { says: '60% of the reads for the replica fall to the primary.' },
    },
    { title: 'of ten reads four do', series: { [replica('behind')]: rising(0.4), [replica('served')]: rising(0.6) } },
  ],
  HunflyOpenFiles: [
    {
      title: 'nine of ten files are open',
      series: {
        [files('process_open_fds', 'hunfly-gateway')]: level(900),
        [files('process_max_fds', 'hunfly-gateway')]: level(1000),
      },
      raises: {
        labels: { instance: 'gateway-1:3000' },
        says: 'gateway-1:3000 has opened 90% of the files and sockets it may.',
      },
    },
    {
      title: 'seven of ten are, of another product more',
      series: {
        [files('process_open_fds', 'hunfly-gateway')]: level(700),
        [files('process_max_fds', 'hunfly-gateway')]: level(1000),
        [files('process_open_fds', 'other')]: level(900),
        [files('process_max_fds', 'other')]: level(1000),
      },
    },
  ],
  HunflySlowClients: [
    {
      title: 'nine sockets a minute are cut',
      series: { hunfly_realtime_slow_clients_total: rising(0.15) },
      raises: { says: 'Sockets are cut because they read too slowly.' },
    },
    { title: 'five a minute are', series: { hunfly_realtime_slow_clients_total: rising(0.08) } },
  ],
  HunflyResyncs: [
    {
      title: 'three clients in two seconds start over',
      series: { [resumes('epoch')]: rising(1), [resumes('too-old')]: rising(0.5), [resumes('live')]: rising(9) },
      raises: { says: 'Clients start over from a snapshot 1.5 times a second.' },
    },
    {
      title: 'three in four seconds do, others catch up',
      series: { [resumes('epoch')]: rising(0.75), [resumes('live')]: rising(9), [resumes('replayed')]: rising(9) },
    },
  ],
};
