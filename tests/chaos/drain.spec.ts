/** A node that is told to go finishes what it took, loses nothing, and its clients go on elsewhere. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  openBusiness,
  openThread,
  startJourney,
  storedMessage,
  type Business,
  type Journey,
} from '../support/journey.ts';
import { headOf } from '../support/stage.ts';
import { SteadyClient, type Pending } from '../support/steady-client.ts';
import { postCloudSigned, textValue } from '../support/system.ts';
import { waitFor } from '../support/wait.ts';

/** As long as the load takes where others need the machine too. */
const LONG_MS = 180_000;
const CLIENTS = 4;
const COMMANDS = 60;
const WEBHOOKS = 300;
/** Protocol: a drained process ends within this time. */
const GONE = { deadlineMs: 10_000, what: 'the process to end' };

let journey: Journey;
let business: Business;

beforeAll(async () => {
  journey = await startJourney();
  business = await openBusiness(journey);
});
afterAll(async () => {
  await journey.stop();
});

/** Of texts with this prefix: how often each is stored. */
async function countsOf(table: 'messages' | 'notes', prefix: string): Promise<Map<string, number>> {
  const rows = await journey.system.database.run(
    'test.texts',
    (sql) => sql<{ text: string; count: number }[]>`
      select text, count(*)::int as count from ${sql(table)}
      where tenant_id = ${business.tenantId} and text like ${`${prefix}%`} group by text`,
  );
  return new Map(rows.map(({ text, count }) => [text, count]));
}

async function storedCommands(): Promise<Set<string>> {
  const rows = await journey.system.database.run(
    'test.commands',
    (sql) => sql<{ id: string }[]>`select command_id as id from commands where tenant_id = ${business.tenantId}`,
  );
  return new Set(rows.map(({ id }) => id));
}

/** Notes and messages in turn, each with a text of its own. */
function commandsFor(threadId: string, client: number): Pending[] {
  return Array.from({ length: COMMANDS }, (_, n) => {
    const text = `load-${String(client)}-${String(n)}`;
    const commandId = randomUUID();
    return n % 2 === 0
      ? { name: 'note:add', input: { threadId, text, commandId } }
      : { name: 'message:send', input: { threadId, kind: 'text', text, commandId } };
  });
}

/** Posts every webhook until a node takes it, as a carrier does; a few at a time. */
async function postWebhooks(urls: readonly string[]): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let n = next++; n < WEBHOOKS; n = next++) {
      const from = `1555200${String(1000 + (n % 20))}`;
      const value = textValue(business.channel, `wamid.drain${String(n)}`, { from, text: `hook-${String(n)}` });
      let tries = 0;
      await waitFor(
        async () => (await postCloudSigned(urls[(n + tries++) % urls.length] ?? '', value, business.secret)) === 200,
      );
    }
  };
  await Promise.all(Array.from({ length: 6 }, lane));
}

/** Not through the simulator, whose webhooks go to the node that is gone. */
async function openThreadAt(url: string): Promise<{ threadId: string }> {
  const id = `wamid.${randomUUID()}`;
  expect(await postCloudSigned(url, textValue(business.channel, id, { from: '15552999999' }), business.secret)).toBe(
    200,
  );
  return storedMessage(journey.system.database, business.tenantId, id);
}

describe('SIGTERM under load', () => {
  it(
    'of a gateway loses no command and no webhook, and its clients converge on the other node',
    async () => {
      const [leaving, staying] = journey.nodes;
      const urls = [leaving.url, staying.url];
      const { threadId } = await openThread(journey, business);
      const clients = Array.from({ length: CLIENTS }, () => new SteadyClient(urls, business.people.lead.token));
      const outboxes = clients.map((_, n) => commandsFor(threadId, n));
      const working = Promise.all([postWebhooks(urls), ...clients.map((client, n) => client.work(outboxes[n] ?? []))]);
      await waitFor(() => clients.every(({ acked }) => acked.length > COMMANDS / 4), {
        deadlineMs: 90_000,
        what: 'the load',
      });
      const ackedBefore = clients.flatMap(({ acked }) => acked);
      leaving.child.kill('SIGTERM');
      await waitFor(() => leaving.child.exitCode !== null || leaving.child.signalCode !== null, GONE);
      expect([leaving.child.exitCode, leaving.child.signalCode]).toEqual([0, null]);
      await working;
      // More was to do than was done before the signal: it came in the middle.
      expect(ackedBefore.length).toBeLessThan(CLIENTS * COMMANDS);
      expect(clients.map(({ goodbyes }) => goodbyes)).toEqual(clients.map(() => ['drain']));
      expect(clients.map(({ connections }) => connections)).toEqual(clients.map(() => 2));
      const commands = await storedCommands();
      expect(clients.flatMap(({ acked }) => acked).filter((id) => !commands.has(id))).toEqual([]);
      const effects = new Map([...(await countsOf('notes', 'load-')), ...(await countsOf('messages', 'load-'))]);
      expect([effects.size, new Set(effects.values())]).toEqual([CLIENTS * COMMANDS, new Set([1])]);
      await waitFor(async () => (await countsOf('messages', 'hook-')).size === WEBHOOKS, { what: 'every webhook' });
      expect(new Set((await countsOf('messages', 'hook-')).values())).toEqual(new Set([1]));
      const head = await headOf(journey, business.tenantId);
      await Promise.all(clients.map((client) => client.reach(head)));
      for (const client of clients) {
        expect(client.violations).toEqual([]);
        const notes = client.events.flatMap((event) => (event.type === 'note.created' ? [event.data.note.text] : []));
        expect([notes.length, new Set(notes).size]).toEqual([(CLIENTS * COMMANDS) / 2, (CLIENTS * COMMANDS) / 2]);
        client.close();
      }
    },
    LONG_MS,
  );

  it('of the workers leaves nothing half done: every message is sent once, by those who come after', async () => {
    const client = new SteadyClient([journey.nodes[1].url], business.people.lead.token);
    const { threadId } = await openThreadAt(journey.nodes[1].url);
    const texts = Array.from({ length: 40 }, (_, n) => `worker-${String(n)}`);
    const working = client.work(
      texts.map((text) => ({ name: 'message:send', input: { threadId, kind: 'text', text, commandId: randomUUID() } })),
    );
    await waitFor(() => client.acked.length > 10);
    for (const worker of [journey.workers.outbound, journey.workers.inbound]) worker.child.kill('SIGTERM');
    for (const { child } of [journey.workers.outbound, journey.workers.inbound]) {
      await waitFor(() => child.exitCode !== null || child.signalCode !== null, GONE);
      expect([child.exitCode, child.signalCode]).toEqual([0, null]);
    }
    await working;
    const extra = { SIMULATOR_URL: journey.simulator.url };
    await Promise.all(['inbound', 'outbound'].map((name) => journey.system.spawn(`consumers/${name}`, extra)));
    const bodies = async (): Promise<string[]> => {
      const { calls } = await journey.simulate<{ calls: { body: { text?: { body: string } } }[] }>(
        `calls?channel=${business.channel}`,
      );
      return calls.flatMap(({ body }) => (body.text?.body.startsWith('worker-') === true ? [body.text.body] : []));
    };
    await waitFor(async () => (await bodies()).length >= texts.length, { what: 'all sent' });
    expect((await bodies()).sort()).toEqual([...texts].sort());
    client.close();
  });
});
