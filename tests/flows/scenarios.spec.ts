/** Every scenario of `hunfly simulate`, played against the running product: what it promises is there afterwards. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CliContext } from '../../src/cli/command.ts';
import { CLI_COMMANDS } from '../../src/cli/commands.ts';
import { runCli } from '../../src/cli/run.ts';
import type { Message } from '../../src/contract/message.ts';
import type { Config } from '../../src/platform/config.ts';
import { PEOPLE } from '../../src/providers/simulator/people.ts';
import { SCENARIOS, type Scenario } from '../../src/providers/simulator/scenarios.ts';
import { openClient } from '../support/client.ts';
import {
  messageState,
  openBusiness,
  openThread,
  startJourney,
  type Business,
  type Journey,
} from '../support/journey.ts';
import { waitFor } from '../support/wait.ts';

let journey: Journey;
beforeAll(async () => {
  journey = await startJourney();
});
afterAll(async () => {
  await journey.stop();
});

async function hunfly(...argv: string[]): Promise<string> {
  let out = '';
  const io = { out: (text: string) => void (out += text), err: (text: string) => void (out += text) };
  const context = { config: { simulatorUrl: journey.simulator.url } as Config } as CliContext;
  const { exitCode } = await runCli(argv, { commands: CLI_COMMANDS, io, context });
  expect([exitCode, out]).toEqual([0, out]);
  return out;
}

/** Plays on the number of this business; how many messages or webhooks that makes. */
async function play(name: Scenario, { channel }: Business): Promise<number> {
  const answer = await hunfly('simulate', '--scenario', name, '--channel', channel, '--json');
  return (JSON.parse(answer) as { messages: number }).messages;
}

/** All messages of a business, oldest first. */
async function messagesOf({ tenantId }: Business): Promise<Message[]> {
  const rows = await journey.system.database.run(
    'test.messages',
    (sql) => sql<{ message: Message }[]>`
      select e.entity as message from message_entities e join messages m on m.tenant_id = e.tenant_id and m.id = e.id
      where e.tenant_id = ${tenantId} order by m.position`,
  );
  return rows.map(({ message }) => message);
}

async function threadsOf({ tenantId }: Business): Promise<{ unread: number; windowExpiresAt: Date | null }[]> {
  return journey.system.database.run(
    'test.threads',
    (sql) => sql<{ unread: number; windowExpiresAt: Date | null }[]>`
      select unread_count as unread, window_expires_at as "windowExpiresAt" from threads where tenant_id = ${tenantId}`,
  );
}

async function has(business: Business, what: (all: Message[]) => boolean): Promise<Message[]> {
  return waitFor(
    async () => {
      const all = await messagesOf(business);
      return what(all) ? all : undefined;
    },
    { what: 'the result', deadlineMs: 30_000 },
  );
}

/** Something of ours on the phone of a new customer. */
async function answer(business: Business, content: object = { kind: 'text', text: 'Hello from us' }): Promise<string> {
  const { threadId } = await openThread(journey, business);
  const client = openClient(journey.nodes[0].url, { token: business.people.lead.token });
  await waitFor(() => client.ready.length > 0, { what: 'ready' });
  const sent = await client.send('message:send', { threadId, ...content, commandId: randomUUID() });
  client.close();
  if (!sent.ok) throw new Error(sent.error.code);
  const { id } = sent.data['message'] as Message;
  await waitFor(async () => (await messageState(journey.system.database, id)).status === 'delivered', {
    what: 'the answer to arrive',
    deadlineMs: 20_000,
  });
  return id;
}

const statusOf = async (id: string): Promise<string> => (await messageState(journey.system.database, id)).status;

/** Everybody who writes is in the inbox, as often as they wrote. */
async function customersWrite(name: Scenario): Promise<void> {
  const business = await openBusiness(journey);
  const count = await play(name, business);
  expect(count).toBeGreaterThan(0);
  const all = await has(business, ({ length }) => length >= count);
  expect(all.map(({ direction }) => direction)).toEqual(all.map(() => 'inbound'));
}

const WEB = { provider: 'evolution' } as const;
const notices = (all: Message[], type: string): Message[] => all.filter(({ system }) => system?.type === type);

const RESULTS: Readonly<Record<Scenario, () => Promise<void>>> = {
  hello: () => customersWrite('hello'),
  conversation: () => customersWrite('conversation'),
  languages: () => customersWrite('languages'),
  burst: () => customersWrite('burst'),
  rush: () => customersWrite('rush'),
  reactions: async () => {
    for (const business of [await openBusiness(journey), await openBusiness(journey, WEB)]) {
      const id = await answer(business);
      expect(await play('reactions', business)).toBe(1);
      await has(business, (all) => all.find((message) => message.id === id)?.reactions.length === 1);
    }
  },
  history: async () => {
    const lines = PEOPLE.slice(0, 4).flatMap((person) => person.lines).length;
    for (const business of [await openBusiness(journey), await openBusiness(journey, WEB)]) {
      expect(await play('history', business)).toBe(2);
      const all = await has(business, ({ length }) => length === lines * 2);
      expect(all.filter(({ author }) => author.type === 'phone')).toHaveLength(lines);
      const threads = await threadsOf(business);
      expect(threads).toEqual(Array.from({ length: 4 }, () => ({ unread: 0, windowExpiresAt: null })));
    }
  },
  groups: async () => {
    for (const business of [await openBusiness(journey), await openBusiness(journey, WEB)]) {
      expect(await play('groups', business)).toBe(3);
      const all = await has(business, ({ length }) => length === 3);
      expect(new Set(all.map(({ threadId }) => threadId)).size).toBe(1);
      expect(all.map(({ author }) => author.name).sort()).toEqual(
        PEOPLE.slice(0, 3)
          .map(({ name }) => name)
          .sort(),
      );
    }
  },
  calls: async () => {
    for (const business of [await openBusiness(journey), await openBusiness(journey, WEB)]) {
      expect(await play('calls', business)).toBe(2);
      await has(business, (all) => notices(all, 'call').length > 0);
    }
  },
  polls: async () => {
    const web = await openBusiness(journey, WEB);
    const poll = { question: 'Which day?', options: ['Monday', 'Tuesday'] };
    const id = await answer(web, { kind: 'poll', poll });
    expect(await play('polls', web)).toBe(2);
    const options = [
      { name: 'Monday', votes: 1 },
      { name: 'Tuesday', votes: 0 },
    ];
    const all = await has(web, (some) => some.find((message) => message.id === id)?.poll?.options[0]?.votes === 1);
    expect(all.find((message) => message.id === id)?.poll).toMatchObject({ options, multiple: false });
    expect(all.find(({ kind, direction }) => kind === 'poll' && direction === 'inbound')?.text).toContain('Which day');
    const cloud = await openBusiness(journey);
    expect(await play('polls', cloud)).toBe(1);
    await has(cloud, (some) => some[0]?.kind === 'unsupported');
  },
  failures: async () => {
    for (const business of [await openBusiness(journey), await openBusiness(journey, WEB)]) {
      const id = await answer(business);
      expect(await play('failures', business)).toBe(1);
      await has(business, (all) => all.find((message) => message.id === id)?.statusAt.failed !== undefined);
    }
  },
  'number-change': async () => {
    const business = await openBusiness(journey);
    expect(await play('number-change', business)).toBe(1);
    const all = await has(business, (some) => notices(some, 'number_changed').length === 1);
    expect(notices(all, 'number_changed')[0]?.system?.newAddress).toMatch(/^\+\d+$/);
  },
  statuses: async () => {
    const business = await openBusiness(journey);
    const id = await answer(business);
    expect(await play('statuses', business)).toBe(1);
    await waitFor(async () => (await statusOf(id)) === 'read', { what: 'its state', deadlineMs: 30_000 });
    const parked = async (): Promise<number> => {
      const [row] = await journey.system.database.run(
        'test.parked',
        (sql) => sql<{ count: number }[]>`select count(*)::int from parked where tenant_id = ${business.tenantId}`,
      );
      return row?.count ?? 0;
    };
    await waitFor(async () => (await parked()) === 4999, {
      what: 'the states of unknown messages',
      deadlineMs: 30_000,
    });
  },
};

describe('hunfly simulate', () => {
  it('lists every scenario with what it does', async () => {
    const help = await hunfly('simulate', '--help');
    for (const [name, does] of Object.entries(SCENARIOS)) {
      expect(help).toMatch(new RegExp(`^  ${name} +`, 'm'));
      expect(help).toContain(does);
    }
  });

  it.each(Object.entries(RESULTS))('%s', async (_name, check) => {
    await check();
  });
});
