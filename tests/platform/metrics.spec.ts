import { describe, expect, it } from 'vitest';
import { metrics, renderMetrics, tenantLabel } from '../../src/platform/metrics.ts';
import { waitFor } from '../support/wait.ts';

/** The public names; a change here is a change of the product's surface. */
const PUBLIC = [
  'hunfly_http_requests_total',
  'hunfly_http_request_duration_seconds',
  'hunfly_inbox_messages_received_total',
  'hunfly_inbox_messages_sent_total',
  'hunfly_inbox_message_processing_duration_seconds',
  'hunfly_inbox_glass_latency_seconds',
  'hunfly_inbox_active_threads',
  'hunfly_queue_backlog',
  'hunfly_queue_active_jobs',
  'hunfly_queue_oldest_age_seconds',
  'hunfly_queue_completed_total',
  'hunfly_queue_failed_total',
  'hunfly_accounts',
  'hunfly_account_checks_total',
  'hunfly_reconciled_items_total',
  'hunfly_media_fetches_total',
  'hunfly_media_bytes_total',
  'hunfly_dead_letters',
  'hunfly_dead_letters_ending',
  'hunfly_dead_letters_ended_total',
  'hunfly_housekeeping_failing',
  'hunfly_report_backlog',
  'hunfly_provider_requests_total',
  'hunfly_provider_request_duration_seconds',
  'hunfly_provider_errors_total',
  'hunfly_db_query_duration_seconds',
  'hunfly_db_pool_connections',
  'hunfly_db_replica_reads_total',
  'hunfly_realtime_connections',
  'hunfly_realtime_events_published_total',
  'hunfly_realtime_hints_heard_total',
  'hunfly_realtime_resumes_total',
  'hunfly_realtime_slow_clients_total',
  'hunfly_realtime_commands_total',
  'hunfly_realtime_signals_dropped_total',
  'hunfly_realtime_unknown_events_total',
];

describe('the metrics', () => {
  it('have exactly the public names', async () => {
    const { body, contentType } = await renderMetrics();
    const names = [...body.matchAll(/^# TYPE (hunfly_\w+) /gm)].map((match) => match[1]);
    expect(names.sort()).toEqual([...PUBLIC].sort());
    expect(contentType).toContain('text/plain');
  });

  it('have no gauge that ends in _total, which promtool refuses', async () => {
    const { body } = await renderMetrics();
    expect([...body.matchAll(/^# TYPE (\w+_total) gauge/gm)].map((match) => match[1])).toEqual([]);
  });

  it('tell how late a process came to its work, once', async () => {
    holdUp(800);
    await waitFor(async () => (await eventLoopLag()) > 0.5);
    await waitFor(async () => (await eventLoopLag()) < 0.5);
  });

  it('give at most 500 tenants a label of their own', async () => {
    const labels = new Set(Array.from({ length: 2000 }, (_, index) => tenantLabel(`tenant-${String(index)}`)));
    expect(labels.size).toBe(501);
    expect(labels).toContain('other');
    expect(tenantLabel('tenant-1')).toBe('tenant-1');
    metrics.messagesReceived.inc({ tenant: tenantLabel('tenant-1'), provider: 'cloud' });
    expect((await renderMetrics()).body).toContain(
      'hunfly_inbox_messages_received_total{tenant="tenant-1",provider="cloud"} 1',
    );
  });
});

async function eventLoopLag(): Promise<number> {
  const { body } = await renderMetrics();
  const [, seconds] = /^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(body) ?? [];
  return Number(seconds);
}

/** Nothing else happens in this process meanwhile. */
function holdUp(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
