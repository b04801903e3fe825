/** The volatile Redis carries only what may be lost: without it events still arrive and commands still work. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liveClient, type TestClient } from '../support/client.ts';
import {
  customerWrites,
  messageState,
  openBusiness,
  openThread,
  startJourney,
  type Business,
  type Journey,
} from '../support/journey.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { waitFor } from '../support/wait.ts';

let volatile: TestRedis;
let journey: Journey;
let business: Business;

beforeAll(async () => {
  volatile = await startTestRedis();
  journey = await startJourney({ env: { REDIS_VOLATILE_URL: volatile.url } });
  business = await openBusiness(journey);
});
afterAll(async () => {
  await journey.stop();
  await volatile.drop();
});

const hasText = (client: TestClient, text: string): boolean =>
  client.events().some((event) => event.type === 'message.created' && event.data.message.text === text);

async function both(clients: readonly TestClient[], text: string): Promise<void> {
  await waitFor(() => clients.every((client) => hasText(client, text)), { what: `${text} at both` });
}

describe('without the volatile Redis', () => {
  it('live sockets get every event, commands and webhooks are answered, and all is as before after it', async () => {
    const { threadId, digits } = await openThread(journey, business);
    const clients = await Promise.all([
      liveClient(journey.nodes[0].url, business.people.lead.token),
      liveClient(journey.nodes[1].url, business.people.admin.token),
    ]);
    const [lead] = clients;
    const round = async (name: string): Promise<void> => {
      await customerWrites(journey, business, { from: digits, text: `customer ${name}` });
      await both(clients, `customer ${name}`);
      const sent = await lead.send('message:send', {
        ...{ threadId, kind: 'text', text: `agent ${name}`, commandId: randomUUID() },
      });
      expect(sent).toMatchObject({ ok: true });
      await both(clients, `agent ${name}`);
      expect(await lead.send('typing:set', { threadId, typing: true })).toMatchObject({ ok: true });
      expect(await lead.send('thread:open', { threadId })).toMatchObject({ ok: true });
      expect(await lead.send('presence:set', { state: 'busy' })).toMatchObject({ ok: true });
      const id = sent.ok ? (sent.data['message'] as { id: string }).id : '';
      await waitFor(async () => (await messageState(journey.system.database, id)).sendState === 'accepted');
    };
    await round('before');
    await volatile.stop();
    for (const name of ['without 1', 'without 2', 'without 3']) await round(name);
    const late = await liveClient(journey.nodes[1].url, business.people.ana.token);
    expect(late.ready).toHaveLength(1);
    await volatile.restart();
    await round('after');
    volatile.freeze();
    await round('frozen');
    volatile.thaw();
    await round('thawed');
    const typedBefore = clients[1].typing.length;
    await waitFor(
      async () => {
        await lead.send('typing:set', { threadId, typing: true });
        return clients[1].typing.length > typedBefore;
      },
      { what: 'signals between nodes again' },
    );
    // Nothing came twice and nothing was missing: the frames of each connection chain.
    for (const client of clients) {
      const seqs = client.events().map(({ seq }) => seq);
      expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
      client.frames.slice(1).forEach((frame, index) => expect(frame.from).toBe(client.frames[index]?.to));
      expect(client.resyncs).toEqual([]);
    }
    expect(journey.nodes.map(({ child }) => child.exitCode)).toEqual([null, null]);
    for (const client of [...clients, late]) client.close();
  });

  it('a gateway is started, and hears from the others who types as soon as it is back', async () => {
    const { threadId } = await openThread(journey, business);
    await volatile.stop();
    const late = await journey.system.spawn('server');
    await volatile.restart();
    const writer = await liveClient(journey.nodes[0].url, business.people.lead.token);
    const reader = await liveClient(late.url, business.people.admin.token);
    await waitFor(
      async () => {
        await writer.send('typing:set', { threadId, typing: true });
        return reader.typing.length > 0;
      },
      { what: 'what was typed, on the gateway that came late' },
    );
    writer.close();
    reader.close();
  });
});
