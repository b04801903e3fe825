/** One id leads from a webhook through the gateway and the worker to what was stored; no content does. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBusiness, startJourney, storedMessage, type Business, type Journey } from '../support/journey.ts';
import { postCloudSigned, textValue, type Worker } from '../support/system.ts';
import { waitFor } from '../support/wait.ts';

let journey: Journey;
let business: Business;

beforeAll(async () => {
  journey = await startJourney();
  business = await openBusiness(journey);
});
afterAll(async () => {
  await journey.stop();
});

/** A UUID: seven digits in a row of anything else would be masked in the log as somebody's number. */
const traceId = (): string => `trace-${randomUUID()}`;

/** Log lines of a process that carry this id. */
async function linesOf(worker: Worker, id: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(worker.logFile, 'utf8');
  const lines = text.split('\n').filter((line) => line.startsWith('{'));
  return lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line['correlationId'] === id);
}

async function journalOf(id: string): Promise<{ tenantId: string; body: Buffer }[]> {
  return journey.system.database.run(
    'test.journal',
    (sql) => sql<{ tenantId: string; body: Buffer }[]>`
      select tenant_id as "tenantId", body from webhook_journal where correlation_id = ${id}`,
  );
}

describe('the correlation id of a webhook', () => {
  it('is in the log of the gateway, in the log of the worker, and in the journal with the raw body', async () => {
    const id = traceId();
    const value = textValue(business.channel, `wamid.${id}`, { text: `words of ${id}` });
    expect(await postCloudSigned(journey.nodes[1].url, value, business.secret, { 'x-correlation-id': id })).toBe(200);
    await storedMessage(journey.system.database, business.tenantId, `wamid.${id}`);
    const [gateway] = await waitFor(async () => {
      const lines = await linesOf(journey.nodes[1], id);
      return lines.length > 0 && lines;
    });
    expect(gateway).toMatchObject({ path: '/api/webhooks/whatsapp/cloud-api', status: 200 });
    const worker = await waitFor(async () => {
      const lines = await linesOf(journey.workers.inbound, id);
      return lines.length > 0 && lines;
    });
    expect(worker[0]).toMatchObject({ provider: 'cloud' });
    const [row] = await journalOf(id);
    expect(row?.tenantId).toBe(business.tenantId);
    expect(row?.body.toString()).toContain(`words of ${id}`);
    // And nobody else's.
    expect(await linesOf(journey.nodes[0], id)).toEqual([]);
  });

  it('is made up where the caller gave none, or one that is not sane', async () => {
    const insane = ['a'.repeat(200), 'two words', '<script>', '../../etc'];
    for (const given of [undefined, ...insane]) {
      const response = await fetch(`${journey.nodes[0].url}/health/live`, {
        headers: given === undefined ? {} : { 'x-correlation-id': given },
      });
      expect(response.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

describe('the correlation id of a command', () => {
  it('is in the answer, in the error, and in the audit row of what was changed', async () => {
    const id = traceId();
    const thread = textValue(business.channel, `wamid.${id}`);
    await postCloudSigned(journey.nodes[0].url, thread, business.secret);
    const { threadId } = await storedMessage(journey.system.database, business.tenantId, `wamid.${id}`);
    const assign = (body: unknown): Promise<Response> =>
      fetch(`${journey.nodes[0].url}/api/inbox/conversations/${threadId}/assign`, {
        method: 'PATCH',
        headers: {
          authorization: `Bearer ${business.people.lead.token}`,
          'content-type': 'application/json',
          'x-correlation-id': id,
        },
        body: JSON.stringify(body),
      });
    const done = await assign({ assigneeId: business.people.ana.memberId });
    expect([done.status, done.headers.get('x-correlation-id')]).toEqual([200, id]);
    const refused = await assign({ assigneeId: 'nobody' });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { code: 'invalid_input', correlationId: id } });
    const rows = await journey.system.database.run(
      'test.audit',
      (sql) => sql<{ action: string }[]>`select action from audit_log where correlation_id = ${id}`,
    );
    expect(rows).toEqual([{ action: 'thread.assigned' }]);
  });
});
