/** Every metric of the product, in one registry, with the public names (protocol section 8). */
import { AggregatorRegistry, Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { watchEventLoopDelay } from './event-loop-delay.ts';

/** Tenants that get a label value of their own in one process; later ones share `other`, so that memory stays bounded. */
const TENANT_LABEL_CAP = 500;
/** prom-client gauges that promtool refuses because of their `_total` suffix; their per-type twins remain. */
const REFUSED_DEFAULTS = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
] as const;
const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * prom-client samples the event loop 100 times a second and this cannot be disabled; each sample wakes a sleeping
 * process.
 */
const NEVER_MS = 2 ** 31 - 1;
const EVENT_LOOP_LAG = 'nodejs_eventloop_lag_';

const registry = new Registry();
collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS });
for (const name of REFUSED_DEFAULTS) registry.removeSingleMetric(name);
for (const { name } of registry.getMetricsAsArray()) {
  if (name.startsWith(EVENT_LOOP_LAG)) registry.removeSingleMetric(name);
}

const registers = [registry];
const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> =>
  new Counter({ name, help, labelNames: [...labelNames], registers });
const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> =>
  new Gauge({ name, help, labelNames: [...labelNames], registers });
/** A gauge for something that several processes measure: merged by maximum, not summed. */
const shared = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> =>
  new Gauge({ name, help, labelNames: [...labelNames], registers, aggregator: 'max' });
const latency = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Histogram<L> =>
  new Histogram({ name, help, labelNames: [...labelNames], buckets: LATENCY_BUCKETS, registers });

const eventLoopDelay = watchEventLoopDelay();
new Gauge({
  name: `${EVENT_LOOP_LAG}p99_seconds`,
  help: 'How late this process came to its work since it was last asked, 99th percentile.',
  registers,
  aggregator: 'max',
  collect() {
    this.set(eventLoopDelay());
  },
});

/** All metrics by short name. Use `tenantLabel(id)` for labels named `tenant`, never the raw id. */
export const metrics = {
  httpRequests: counter('hunfly_http_requests_total', 'HTTP requests answered.', ['method', 'route', 'status']),
  httpRequestDuration: latency('hunfly_http_request_duration_seconds', 'Time to answer an HTTP request.', [
    'method',
    'route',
  ]),
  messagesReceived: counter('hunfly_inbox_messages_received_total', 'Inbound messages stored.', ['tenant', 'provider']),
  messagesSent: counter('hunfly_inbox_messages_sent_total', 'Messages a provider accepted.', ['tenant', 'provider']),
  messageProcessingDuration: latency(
    'hunfly_inbox_message_processing_duration_seconds',
    'From webhook received to committed.',
  ),
  glassLatency: latency('hunfly_inbox_glass_latency_seconds', 'From webhook received to emitted to a socket.'),
  activeThreads: shared('hunfly_inbox_active_threads', 'Threads that are not resolved.', ['tenant']),
  queueBacklog: shared('hunfly_queue_backlog', 'Entries that no consumer has finished.', ['stream']),
  queueActiveJobs: gauge('hunfly_queue_active_jobs', 'Entries this process is working on.', ['stream']),
  queueOldestAge: shared('hunfly_queue_oldest_age_seconds', 'Age of the oldest unfinished entry.', ['stream']),
  queueCompleted: counter('hunfly_queue_completed_total', 'Entries finished and acknowledged.', ['stream']),
  queueFailed: counter('hunfly_queue_failed_total', 'Batches that failed and are tried again.', ['stream']),
  deadLetters: shared('hunfly_dead_letters', 'Items waiting in the dead-letter list.'),
  deadLettersEnding: shared('hunfly_dead_letters_ending', 'Open dead letters whose term ends within seven days.'),
  deadLettersEnded: counter('hunfly_dead_letters_ended_total', 'Dead letters deleted because their term had ended.', [
    'state',
  ]),
  housekeepingFailing: shared('hunfly_housekeeping_failing', '1 while the last round of a job has failed.', [
    'component',
  ]),
  reportBacklog: shared('hunfly_report_backlog', 'Events of the logs that no report has counted yet.'),
  accounts: shared('hunfly_accounts', 'WhatsApp numbers in use, by state.', ['provider', 'state']),
  accountChecks: counter('hunfly_account_checks_total', 'Carriers asked whether a number works, by what they said.', [
    'provider',
    'result',
  ]),
  reconciledItems: counter('hunfly_reconciled_items_total', 'What carriers told when asked for missed webhooks.', [
    'provider',
    'result',
  ]),
  providerRequests: counter('hunfly_provider_requests_total', 'Requests to a provider API.', ['provider', 'outcome']),
  providerRequestDuration: latency('hunfly_provider_request_duration_seconds', 'Time a provider API took.', [
    'provider',
  ]),
  providerErrors: counter('hunfly_provider_errors_total', 'Errors a provider API answered.', ['provider', 'code']),
  mediaFetches: counter('hunfly_media_fetches_total', 'Attempts to fetch an attachment: stored, or why not.', [
    'provider',
    'outcome',
  ]),
  mediaBytes: counter('hunfly_media_bytes_total', 'Bytes of attachments fetched and stored.', ['provider']),
  dbQueryDuration: latency('hunfly_db_query_duration_seconds', 'Time of a named statement or transaction.', ['query']),
  dbPoolConnections: gauge('hunfly_db_pool_connections', 'Database connections by state.', ['state']),
  dbReplicaReads: counter('hunfly_db_replica_reads_total', 'Reads by whether the replica served them, or why not.', [
    'result',
  ]),
  realtimeConnections: gauge('hunfly_realtime_connections', 'Live sockets on this node.', ['tenant']),
  realtimeEventsPublished: counter('hunfly_realtime_events_published_total', 'Durable events emitted to rooms.'),
  realtimeHintsHeard: counter('hunfly_realtime_hints_heard_total', 'Hints of other processes that came by Redis.'),
  realtimeResumes: counter('hunfly_realtime_resumes_total', 'Reconnects by how they caught up.', ['result']),
  realtimeSlowClients: counter('hunfly_realtime_slow_clients_total', 'Sockets cut because they read too slowly.'),
  realtimeCommands: counter('hunfly_realtime_commands_total', 'Commands answered over sockets: ok, or the error.', [
    'command',
    'result',
  ]),
  realtimeSignalsDropped: counter('hunfly_realtime_signals_dropped_total', 'Typing signals of a flood, not passed on.'),
  realtimeUnknownEvents: counter('hunfly_realtime_unknown_events_total', 'Socket events that are no command.'),
} as const;

/** The type of `metrics`, for code that receives it as a parameter. */
export type Metrics = typeof metrics;

const knownTenants = new Set<string>();

/** The tenant's label value: its id while fewer than 500 tenants were seen by this process, then `other`. */
export function tenantLabel(tenantId: string): string {
  if (knownTenants.has(tenantId)) return tenantId;
  if (knownTenants.size >= TENANT_LABEL_CAP) return 'other';
  knownTenants.add(tenantId);
  return tenantId;
}

/** An exposition and its content type. */
export interface Exposition {
  readonly contentType: string;
  readonly body: string;
}

/** This process's metrics in the form in which processes exchange them. */
export type MetricsDump = readonly object[];

/** The exposition text of this process, or of all together if given dumps of other processes. */
export async function renderMetrics(others: readonly MetricsDump[] = []): Promise<Exposition> {
  const { contentType } = registry;
  if (others.length === 0) return { contentType, body: await registry.metrics() };
  const all = AggregatorRegistry.aggregate([[...(await dumpMetrics())], ...others.map((dump) => [...dump])]);
  return { contentType, body: await all.metrics() };
}

/** For `renderMetrics` of another process; survives JSON. */
export function dumpMetrics(): Promise<MetricsDump> {
  return registry.getMetricsAsJSON();
}
