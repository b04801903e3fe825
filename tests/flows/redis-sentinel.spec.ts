/** With both Redis behind Sentinel the product keeps its promises when the master dies, and on the one server that is left. */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../../src/contract/message.ts';
import { liveClient, type TestClient } from '../support/client.ts';
import {
  messageState,
  newCustomer,
  openBusiness,
  openThread,
  sendsOf,
  startJourney,
  type Business,
  type Journey,
} from '../support/journey.ts';
import { startTestSentinels, type TestSentinels } from '../support/redis-sentinel.ts';
import { postCloudSigned, textValue } from '../support/system.ts';
import { waitFor } from '../support/wait.ts';

const SETTLED = new Set(['sent', 'delivered', 'read']);

let group: TestSentinels;
let journey: Journey;
let business: Business;
let agents: TestClient[];

beforeAll(async () => {
  group = await startTestSentinels();
  journey = await startJourney({ env: { REDIS_URL: group.url, REDIS_VOLATILE_URL: group.url } });
  business = await openBusiness(journey);
  const { token } = business.people.lead;
  agents = await Promise.all(journey.nodes.map((node) => liveClient(node.url, token)));
}, 120_000);
afterAll(async () => {
  for (const agent of agents) agent.close();
  await journey.stop();
  await group.drop();
});

/**
 * Posts texts of new customers until told to stop, on both gateways in turn, and again while there is no time for one, as
 * a carrier does; what the gateways answered, by id.
 */
function keepPosting(): { readonly answers: ReadonlyMap<string, number>; stop(): Promise<void> } {
  const answers = new Map<string, number>();
  const stopping = new AbortController();
  const posting = (async () => {
    for (let n = 0; !stopping.signal.aborted; n += 1) {
      const id = `wamid.${randomBytes(8).toString('hex')}`;
      const value = textValue(business.channel, id, { from: newCustomer() });
      const post = async (): Promise<number | false> => {
        const status = await postCloudSigned(journey.nodes[n % 2]?.url ?? '', value, business.secret);
        return status !== 503 && status;
      };
      answers.set(id, await waitFor(post, { what: 'a webhook that is taken' }));
    }
  })();
  return {
    answers,
    stop: async () => {
      stopping.abort();
      await posting;
    },
  };
}

/** How often each of these is on a screen that has been open all the time. */
function seenBy(agent: TestClient, ids: Iterable<string>): number[] {
  const seen = new Map<string, number>();
  for (const { type, data } of agent.events()) {
    if (type !== 'message.created') continue;
    const { providerMessageId } = data['message'];
    if (providerMessageId !== null) seen.set(providerMessageId, (seen.get(providerMessageId) ?? 0) + 1);
  }
  return [...ids].map((id) => seen.get(id) ?? 0);
}

describe('when the master is killed', () => {
  it('what was answered 200 is on every screen once, and an answer reaches the customer once', async () => {
    const { threadId } = await openThread(journey, business);
    const posting = keepPosting();
    await waitFor(() => posting.answers.size >= 20);
    await group.failOver('kill');
    const alone = posting.answers.size;
    const text = 'after the failover';
    const send = { threadId, kind: 'text', text, commandId: randomUUID() };
    const sent = await agents[0]!.send('message:send', send);
    await waitFor(() => posting.answers.size >= alone + 20);
    await posting.stop();
    expect([...posting.answers.values()].filter((status) => status !== 200)).toEqual([]);
    for (const agent of agents) {
      await waitFor(() => seenBy(agent, posting.answers.keys()).every((times) => times > 0), {
        deadlineMs: 20_000,
        what: 'everything on the screen',
      });
      expect(new Set(seenBy(agent, posting.answers.keys()))).toEqual(new Set([1]));
    }
    if (!sent.ok) throw new Error(sent.error.code);
    const { id } = sent.data['message'] as Message;
    await waitFor(async () => SETTLED.has((await messageState(journey.system.database, id)).status), {
      deadlineMs: 20_000,
      what: 'the answer sent',
    });
    expect(await sendsOf(journey, business, text)).toHaveLength(1);
    await waitFor(async () => (await spilled()) === 0, { what: 'nothing to wait in Postgres' });
  });
});

async function spilled(): Promise<number> {
  const rows = await journey.system.database.run('test.spilled', (sql) => sql`select 1 from webhook_spill`);
  return rows.length;
}
