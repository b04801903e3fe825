/** What an agent sends reaches the carrier once, whatever happens to the connections and the sender meanwhile. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../../src/contract/message.ts';
import { liveClient, type TestClient } from '../support/client.ts';
import {
  messageState,
  openBusiness,
  openThread,
  sendsOf,
  startJourney,
  type Business,
  type Journey,
} from '../support/journey.ts';
import { startProxy, type TestProxy } from '../support/proxy.ts';
import type { Worker } from '../support/system.ts';
import { waitFor } from '../support/wait.ts';

const LEASE_MS = 3000;
const SETTLED = new Set(['sent', 'delivered', 'read']);

let journey: Journey;
let business: Business;
/** Between the sender and a number's API. */
let carrier: TestProxy;
let viaProxy: Business;
let sender: Worker;

beforeAll(async () => {
  journey = await startJourney({ workerEnv: { HUNFLY_OUTBOUND_LEASE_MS: String(LEASE_MS) } });
  sender = journey.workers.outbound;
  carrier = await startProxy(journey.simulator.port);
  business = await openBusiness(journey);
  viaProxy = await openBusiness(journey, { apiBaseUrl: `http://127.0.0.1:${String(carrier.port)}` });
});
afterAll(async () => {
  await carrier.close();
  await journey.stop();
});

const stateOf = (id: string): ReturnType<typeof messageState> => messageState(journey.system.database, id);

async function idOfCommand(commandId: string): Promise<string | undefined> {
  const rows = await journey.system.database.run(
    'test.command',
    (sql) => sql<{ id: string }[]>`select id from messages where command_id = ${commandId}`,
  );
  return rows[0]?.id;
}

/** States of a message as its events told them, in order. */
function told(client: TestClient, messageId: string): string[] {
  return client.events().flatMap((event) => {
    if (event.type !== 'message.created' && event.type !== 'message.updated') return [];
    return event.data.message.id === messageId ? [event.data.message.status] : [];
  });
}

async function send(client: TestClient, threadId: string, text: string): Promise<Message> {
  const answer = await client.send('message:send', { threadId, kind: 'text', text, commandId: randomUUID() });
  if (!answer.ok) throw new Error(answer.error.code);
  return answer.data['message'] as Message;
}

describe('a command repeated with its commandId', () => {
  it('on another node, after the connection died with the answer on it, sends once and answers the same', async () => {
    const thread = await openThread(journey, business);
    const edge = await startProxy(journey.nodes[0].port);
    const { token } = business.people.lead;
    const first = await liveClient(`http://127.0.0.1:${String(edge.port)}`, token);
    const second = await liveClient(journey.nodes[1].url, token);
    const inputs = Array.from({ length: 8 }, (_, n) => ({
      ...{ threadId: thread.threadId, kind: 'text', text: `once-${randomUUID()}-${String(n)}` },
      commandId: randomUUID(),
    }));
    edge.freeze('answers');
    const lost = inputs.map((input) => first.send('message:send', input).catch(() => 'lost'));
    const ids = await Promise.all(inputs.map(({ commandId }) => waitFor(() => idOfCommand(commandId))));
    edge.cut();
    const answers = await Promise.all(inputs.map((input) => second.send('message:send', input)));
    expect(answers.map((answer) => (answer.ok ? (answer.data['message'] as Message).id : answer))).toEqual(ids);
    await waitFor(async () => (await Promise.all(ids.map(stateOf))).every(({ sendState }) => sendState === 'accepted'));
    for (const { text } of inputs) expect(await sendsOf(journey, business, text)).toHaveLength(1);
    first.close();
    expect(await Promise.all(lost)).toEqual(inputs.map(() => 'lost'));
    second.close();
    await edge.close();
  });

  it('cut at any moment, is sent once; with an id of its own it is another message', async () => {
    const thread = await openThread(journey, business);
    const { token } = business.people.lead;
    const second = await liveClient(journey.nodes[1].url, token);
    const inputs = Array.from({ length: 6 }, (_, n) => ({
      ...{ threadId: thread.threadId, kind: 'text', text: `cut-${randomUUID()}-${String(n)}` },
      commandId: randomUUID(),
    }));
    await Promise.all(
      inputs.map(async (input, n) => {
        const first = await liveClient(journey.nodes[0].url, token);
        void first.socket.emit('message:send', input);
        // Between one and a few turns of the network: before, during and after the command.
        for (let turn = 0; turn < n; turn += 1) await fetch(`${journey.nodes[0].url}/health/live`);
        first.socket.io.engine.close();
        first.close();
      }),
    );
    const answers = await Promise.all(inputs.map((input) => second.send('message:send', input)));
    expect(answers.every(({ ok }) => ok)).toBe(true);
    const again = await second.send('message:send', { ...inputs[0], commandId: randomUUID() });
    expect(again.ok).toBe(true);
    await waitFor(async () => (await sendsOf(journey, business, inputs[0]?.text ?? '')).length === 2);
    await waitFor(async () => (await sendsOf(journey, business, 'cut-')).length === inputs.length + 1);
    for (const { text } of inputs.slice(1)) expect(await sendsOf(journey, business, text)).toHaveLength(1);
    second.close();
  });
});

describe('a carrier that takes a message whose answer never arrives', () => {
  it('leaves it unknown, is not called again, and settles it by its status', async () => {
    const thread = await openThread(journey, viaProxy);
    const client = await liveClient(journey.nodes[1].url, viaProxy.people.lead.token);
    // Statuses are late, so that the state without them is seen.
    await journey.simulate('misbehave', { mode: 'delay', channel: viaProxy.channel });
    carrier.freeze('answers');
    const text = `unanswered-${randomUUID()}`;
    const message = await send(client, thread.threadId, text);
    await waitFor(async () => (await sendsOf(journey, viaProxy, text)).length === 1, { what: 'the call' });
    carrier.cut();
    carrier.thaw();
    await waitFor(() => told(client, message.id).includes('unknown'), { what: 'the state unknown' });
    await waitFor(() => SETTLED.has(told(client, message.id).at(-1) ?? ''), { what: 'the status to settle it' });
    expect(told(client, message.id).slice(0, 3)).toEqual(['queued', 'sending', 'unknown']);
    expect(await sendsOf(journey, viaProxy, text)).toHaveLength(1);
    await journey.simulate('misbehave', { mode: 'none', channel: viaProxy.channel });
    client.close();
  });
});

describe('a sender that is killed', () => {
  /** Kills the sender and starts another; what was on its way becomes unknown. */
  async function killAndReplace(messageId: string): Promise<void> {
    await sender.end('SIGKILL');
    carrier.cut();
    carrier.thaw();
    sender = await journey.system.spawn('consumers/outbound', {
      ...{ SIMULATOR_URL: journey.simulator.url, HUNFLY_OUTBOUND_LEASE_MS: String(LEASE_MS) },
    });
    await waitFor(async () => (await stateOf(messageId)).sendState !== 'sending', { deadlineMs: 20_000 });
  }

  it('between claim and call makes no call; an agent who retries makes one', async () => {
    const thread = await openThread(journey, viaProxy);
    const client = await liveClient(journey.nodes[0].url, viaProxy.people.lead.token);
    carrier.freeze();
    const text = `claimed-${randomUUID()}`;
    const { id } = await send(client, thread.threadId, text);
    await waitFor(async () => (await stateOf(id)).sendState === 'sending', { what: 'the claim' });
    await killAndReplace(id);
    expect(await stateOf(id)).toMatchObject({ status: 'unknown' });
    // Whoever comes later in the thread is sent, so the queue went past it.
    const next = await send(client, thread.threadId, `after-${randomUUID()}`);
    await waitFor(async () => (await stateOf(next.id)).sendState === 'accepted', { deadlineMs: 20_000 });
    expect(await sendsOf(journey, viaProxy, text)).toHaveLength(0);
    expect(await client.send('message:retry', { messageId: id })).toMatchObject({ ok: true });
    await waitFor(async () => (await stateOf(id)).sendState === 'accepted', { deadlineMs: 20_000 });
    expect(await sendsOf(journey, viaProxy, text)).toHaveLength(1);
    client.close();
  });

  it('between call and record makes no second call, and the status tells that it arrived', async () => {
    const thread = await openThread(journey, viaProxy);
    const client = await liveClient(journey.nodes[0].url, viaProxy.people.lead.token);
    await journey.simulate('misbehave', { mode: 'delay', channel: viaProxy.channel });
    carrier.freeze('answers');
    const text = `called-${randomUUID()}`;
    const { id } = await send(client, thread.threadId, text);
    await waitFor(async () => (await sendsOf(journey, viaProxy, text)).length === 1, { what: 'the call' });
    await killAndReplace(id);
    const next = await send(client, thread.threadId, `after-${randomUUID()}`);
    await waitFor(async () => (await stateOf(next.id)).sendState === 'accepted', { deadlineMs: 20_000 });
    await waitFor(async () => SETTLED.has((await stateOf(id)).status), { deadlineMs: 20_000, what: 'its status' });
    expect(await sendsOf(journey, viaProxy, text)).toHaveLength(1);
    await journey.simulate('misbehave', { mode: 'none', channel: viaProxy.channel });
    client.close();
  });
});
