/** When the alerts that wake somebody ring, and when they let people sleep. */
import { aMinute, level, rising, still, type Situations } from './situation.ts';

const http = (route: string, status: string): string =>
  `hunfly_http_requests_total{method="POST", route="${route}", status="${status}"}`;
const CLOUD = '/api/webhooks/whatsapp/cloud-api';
const LIST = '/api/inbox/conversations';

const age = (stream: string): string =>
  `hunfly_queue_oldest_age_seconds{instance="housekeeping:9100", stream="${stream}"}`;
const backlog = (stream: string): string => `hunfly_queue_backlog{instance="housekeeping:9100", stream="${stream}"}`;
const completed = (stream: string): string => `hunfly_queue_completed_total{instance="w:9100", stream="${stream}"}`;
const failed = (stream: string): string => `hunfly_queue_failed_total{instance="w:9100", stream="${stream}"}`;
const commands = (command: string, result: string): string =>
  `hunfly_realtime_commands_total{command="${command}", result="${result}"}`;
const numbers = (instance: string, state: string): string =>
  `hunfly_accounts{instance="${instance}", provider="evolution", state="${state}"}`;

const UP_INBOUND = 'up{instance="inbound:9100", job="hunfly-consumer"}';
const UP_GATEWAY = 'up{instance="gateway-1:3000", job="hunfly-gateway"}';
const STARTED = 'process_start_time_seconds{instance="inbound:9100", job="hunfly-consumer"}';

export const NIGHT: Situations = {
  HunflyProcessDown: [
    {
      title: 'a process is gone',
      series: { [UP_INBOUND]: '1x40 0x120', [UP_GATEWAY]: level(1) },
      raises: {
        labels: { instance: 'inbound:9100', job: 'hunfly-consumer' },
        says: 'inbound:9100 does not answer its scrape.',
      },
    },
    { title: 'a process is restarted within 45 s', series: { [UP_INBOUND]: '1x40 0x2 1x116' } },
    { title: 'something else is gone', series: { 'up{instance="disk", job="node"}': level(0) } },
  ],
  HunflyProcessRestarts: [
    {
      title: 'a process ends again and again',
      series: { [STARTED]: '1x120 2x9 3x9 4x19' },
      raises: {
        labels: { instance: 'inbound:9100', job: 'hunfly-consumer' },
        says: 'inbound:9100 was started 3 times more in a quarter of an hour.',
      },
    },
    { title: 'a deployment, twice', series: { [STARTED]: '1x40 2x20 3x98' } },
    { title: 'something else ends again and again', series: { 'process_start_time_seconds{job="node"}': '0+5x160' } },
  ],
  HunflyNothingScraped: [
    {
      title: 'the scrape job of the workers has another name',
      series: { [UP_GATEWAY]: level(1), 'up{job="workers"}': level(1) },
      raises: {
        labels: { job: 'hunfly-consumer' },
        says: 'Prometheus knows no process of hunfly-consumer, so no other alert can be trusted.',
      },
    },
    {
      title: 'no gateway is discovered',
      series: { [UP_INBOUND]: level(1) },
      raises: {
        labels: { job: 'hunfly-gateway' },
        says: 'Prometheus knows no process of hunfly-gateway, so no other alert can be trusted.',
      },
    },
    { title: 'all are known, even if down', series: { [UP_GATEWAY]: level(0), [UP_INBOUND]: level(0) } },
  ],
  HunflyWebhooksRefused: [
    {
      title: 'some webhooks are refused all the time',
      series: { [http(CLOUD, '503')]: rising(0.1), [http(CLOUD, '200')]: rising(10) },
      raises: {
        labels: { route: CLOUD },
        says: `Webhooks at ${CLOUD} are answered 503 again and again. Carriers send them again.`,
      },
    },
    { title: 'an outage of a minute', series: { [http(CLOUD, '503')]: aMinute } },
    {
      title: 'what is refused has another reason, or is no webhook',
      series: { [http(CLOUD, '503')]: still, [http(CLOUD, '401')]: rising(1), [http(LIST, '503')]: rising(1) },
    },
  ],
  HunflyIngestBehind: [
    {
      title: 'a webhook has waited for 40 s',
      series: { [age('ingest')]: level(40) },
      raises: { says: 'The oldest webhook has waited 40s for an inbound worker.' },
    },
    {
      title: 'it has waited for 20 s, others longer',
      series: { [age('ingest')]: level(20), [age('outbound')]: level(200) },
    },
    { title: 'a worker that was killed is replaced', series: { [age('ingest')]: '0x20 10 25 40 40 55 0x130' } },
  ],
  HunflyIngestSpills: [
    {
      title: 'webhooks have waited in Postgres for 40 s',
      series: { [age('spill')]: level(40) },
      raises: { says: 'Webhooks have waited in Postgres for 40s.' },
    },
    { title: 'for 20 s, others longer', series: { [age('spill')]: level(20), [age('ingest')]: level(40) } },
    { title: 'Redis is restarted', series: { [age('spill')]: '0x20 10 25 40 55 0x135' } },
  ],
  HunflyOutboundBehind: [
    {
      title: 'a send has waited for 8 minutes',
      series: { [age('outbound')]: level(480) },
      raises: { says: 'Sends have waited 8m 0s.' },
    },
    { title: 'for 4 minutes, others longer', series: { [age('outbound')]: level(240), [age('media')]: level(900) } },
  ],
  HunflyQueueStuck: [
    {
      title: 'webhooks wait and their worker hangs',
      series: { [backlog('ingest')]: level(5), [completed('ingest')]: still, [completed('outbound')]: rising(1) },
      raises: { labels: { stream: 'ingest' }, says: 'Entries of ingest wait and none is finished.' },
    },
    {
      title: 'attachments wait and nobody is left who counts',
      series: { [backlog('media')]: level(1), [backlog('ingest')]: level(0) },
      raises: { labels: { stream: 'media' }, says: 'Entries of media wait and none is finished.' },
    },
    {
      title: 'webhooks wait, but it goes on',
      series: { [backlog('ingest')]: level(500), [completed('ingest')]: rising(0.1) },
    },
    {
      title: 'nothing waits, or what waits has its own alert',
      series: { [backlog('ingest')]: level(0), [backlog('spill')]: level(5), [backlog('outbound')]: level(5) },
    },
  ],
  HunflyBatchesFail: [
    {
      title: 'batches fail on and on',
      series: { [failed('ingest')]: rising(0.1), [failed('outbound')]: still },
      raises: { labels: { stream: 'ingest' }, says: 'Batches or nudges of ingest fail and are tried again.' },
    },
    { title: 'an outage of a minute', series: { [failed('ingest')]: aMinute, [failed('outbound')]: still } },
  ],
  HunflyCommandsFail: [
    {
      title: 'of a hundred commands eight fail',
      series: {
        [commands('message:send', 'unavailable')]: rising(0.06),
        [commands('thread:claim', 'internal')]: rising(0.02),
        [commands('message:send', 'ok')]: rising(0.92),
      },
      raises: { says: 'Of what agents do 8% fails.' },
    },
    {
      title: 'of a hundred commands four fail, others are refused',
      series: {
        [commands('message:send', 'unavailable')]: rising(0.4),
        [commands('message:send', 'conflict')]: rising(2),
        [commands('message:send', 'ok')]: rising(7.6),
      },
    },
    {
      title: 'at night one agent meets a defect now and then',
      series: { [commands('note:add', 'internal')]: rising(0.04), [commands('note:add', 'ok')]: rising(0.3) },
    },
    { title: 'an outage of a minute', series: { [commands('message:send', 'unavailable')]: aMinute } },
  ],
  HunflyRequestsFail: [
    {
      title: 'of a hundred requests eight fail',
      series: {
        [http(LIST, '503')]: rising(0.06),
        [http('/api/media/:mediaId', '500')]: rising(0.02),
        [http(LIST, '200')]: rising(0.92),
        [http(CLOUD, '200')]: rising(50),
      },
      raises: { says: 'Of the requests of browsers and integrations 8% fail.' },
    },
    {
      title: 'four fail, others are refused; webhooks have their own alert',
      series: {
        [http(LIST, '503')]: rising(0.4),
        [http(LIST, '404')]: rising(2),
        [http(LIST, '200')]: rising(7.6),
        [http(CLOUD, '503')]: rising(5),
        [http('/health/ready', '503')]: rising(5),
      },
    },
    {
      title: 'at night one person meets a defect now and then',
      series: { [http(LIST, '500')]: rising(0.04), [http(LIST, '200')]: rising(0.3) },
    },
    { title: 'an outage of a minute', series: { [http(LIST, '503')]: aMinute } },
  ],
  HunflyNumbersDisconnected: [
    {
      title: 'four of fourteen numbers are cut off, and two processes say so',
      series: {
        [numbers('a', 'disconnected')]: level(4),
        [numbers('b', 'disconnected')]: level(4),
        [numbers('a', 'connected')]: level(10),
        [numbers('b', 'connected')]: level(10),
      },
      raises: { labels: { provider: 'evolution' }, says: '28.57% of the numbers of evolution do not reach it.' },
    },
    {
      title: 'fifteen of a hundred numbers are cut off',
      series: { [numbers('a', 'disconnected')]: level(15), [numbers('a', 'connected')]: level(85) },
    },
    {
      title: 'two of three numbers are cut off',
      series: { [numbers('a', 'disconnected')]: level(2), [numbers('a', 'connected')]: level(1) },
    },
  ],
};
