import { afterEach, describe, expect, it, vi } from 'vitest';
import { startSimulated, ACCOUNTS, type Simulated } from '../../support/simulated.ts';

let simulated: Simulated | undefined;

afterEach(async () => {
  await simulated?.stop();
  simulated = undefined;
});

const until = async (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 8000, interval: 10 });

const from = { channel: ACCOUNTS.cloud.channel, from: '+15550100101' };

describe('the simulator posts webhooks like a carrier', () => {
  it('a webhook that was not taken is posted again, byte for byte, until it is', async () => {
    simulated = await startSimulated();
    const { catcher } = simulated;
    catcher.answer = () => (catcher.caught.length < 3 ? 503 : 200);
    const { delivered } = await simulated.control('customer-message', { ...from, text: 'hi', wait: true });
    expect(delivered).toEqual(['taken']);
    expect(new Set(catcher.caught.map(({ body }) => body.toString())).size).toBe(1);
    expect(catcher.caught.length).toBe(3);
  });

  it('Evolution gives an event up at once on 401', async () => {
    simulated = await startSimulated();
    simulated.catcher.answer = () => 401;
    const channel = ACCOUNTS.evolution.channel;
    const input = { channel, from: '15550100101', text: 'hi', wait: true };
    expect(await simulated.control('customer-message', input)).toMatchObject({ delivered: ['given-up'] });
    expect(simulated.catcher.caught.length).toBe(1);
  });

  it('Meta’s bodies are ASCII with escapes, so that only the raw bytes can be verified', async () => {
    simulated = await startSimulated();
    await simulated.control('customer-message', { ...from, text: 'Olá 😀 https://x.test/a', wait: true });
    const body = simulated.catcher.caught[0]?.body.toString('latin1') ?? '';
    expect(body).toContain('Ol\\u00e1 \\ud83d\\ude00 https:\\/\\/x.test\\/a');
  });

  it('duplicates: every webhook comes twice', async () => {
    simulated = await startSimulated();
    const { catcher } = simulated;
    await simulated.control('misbehave', { mode: 'duplicates', count: 1 });
    await simulated.control('customer-message', { ...from, text: 'hi' });
    await until(() => {
      expect(catcher.caught.length).toBe(2);
    });
    expect(catcher.caught[0]?.body.equals(catcher.caught[1]?.body ?? Buffer.alloc(0))).toBe(true);
  });

  it('reorder: what was written last arrives first', async () => {
    simulated = await startSimulated();
    const { catcher } = simulated;
    await simulated.control('misbehave', { mode: 'reorder' });
    await simulated.control('customer-message', { ...from, text: 'n', burst: 2, wait: true });
    expect(catcher.caught.map(({ body }) => /n \((\d)/.exec(body.toString())?.[1])).toEqual(['2', '1']);
  });

  it('statuses follow a send by themselves when they are on', async () => {
    simulated = await startSimulated({ autoStatuses: true, statusDelaysMs: { sent: 1, delivered: 30, read: 60 } });
    const { catcher, simulator } = simulated;
    const { channel, accessToken } = ACCOUNTS.cloud;
    const body = { messaging_product: 'whatsapp', to: '15550100101', type: 'text', text: { body: 'hi' } };
    const headers = { authorization: `Bearer ${accessToken}` };
    await fetch(`${simulator.url}/v24.0/${channel}/messages`, { method: 'POST', headers, body: JSON.stringify(body) });
    const seen = (): unknown[] => catcher.caught.map((one) => /"status":"(\w+)"/.exec(one.body.toString())?.[1]);
    await until(() => {
      expect(seen().sort()).toEqual(['delivered', 'read', 'sent']);
    });
  });
});

describe('the simulator’s controls', () => {
  it('a burst writes that many messages; an id that was given is used', async () => {
    simulated = await startSimulated();
    expect(await simulated.control('customer-message', { ...from, text: 'x', id: 'wamid.A' })).toEqual({
      ids: ['wamid.A'],
    });
    const burst = await simulated.control('customer-message', { ...from, text: 'x', burst: 7, wait: true });
    expect(burst['ids']).toHaveLength(7);
  });

  it('wrong input is answered with what is wrong, and nothing breaks', async () => {
    simulated = await startSimulated();
    const wrong = [{}, { channel: 'no such' }, { ...from, from: 'x' }, { ...from, provider: 'evolution' }, [], 'x'];
    for (const input of wrong) {
      expect(await simulated.control('customer-message', input)).toHaveProperty('error.message');
    }
    expect(await simulated.control('misbehave', { mode: 'nonsense' })).toHaveProperty('error.message');
    expect(await simulated.control('scenario', { name: 'nonsense' })).toHaveProperty('error.message');
    expect(await simulated.control('accounts', { accounts: [null] })).toHaveProperty('error.message');
    expect(await simulated.control('no-such-control', {})).toHaveProperty('error.message');
  });

  it('a repeated id of our own is the same message on an Evolution server', async () => {
    simulated = await startSimulated();
    const { channel, accessToken } = ACCOUNTS.evolution;
    const body = JSON.stringify({ number: '15550100101', text: 'once', messageId: 'AB12' });
    const init = { method: 'POST', headers: { apikey: accessToken }, body };
    const url = `${simulated.simulator.url}/message/sendText/${channel}`;
    const answers = await Promise.all([fetch(url, init), fetch(url, init)]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(simulated.simulator.world.chats[0]?.messages.length).toBe(1);
    expect(await simulated.control('calls')).toMatchObject({ calls: [{ status: 201 }, { status: 201 }] });
  });

  it('reset forgets chats, calls and misbehaviour', async () => {
    simulated = await startSimulated();
    await simulated.control('customer-message', { ...from, text: 'x', wait: true });
    await simulated.control('misbehave', { mode: '429' });
    await simulated.control('reset', {});
    expect(await simulated.control('state')).toMatchObject({ chats: [], standing: {} });
  });

  it.each(['hello', 'conversation', 'languages', 'burst', 'rush'])(
    'scenario %s makes customers write',
    async (name) => {
      simulated = await startSimulated();
      const { messages } = await simulated.control('scenario', { name });
      expect(messages).toBeGreaterThan(0);
      await until(() => {
        expect(simulated?.catcher.caught.length).toBeGreaterThan(0);
      });
    },
  );

  it('demo customers write by themselves, are answered, read and answer back', async () => {
    const statusDelaysMs = { sent: 1, delivered: 2, read: 3 };
    simulated = await startSimulated({
      demo: true,
      pace: { messagesPerMinute: 600 },
      autoStatuses: true,
      statusDelaysMs,
    });
    const { catcher, simulator } = simulated;
    await until(() => {
      expect(catcher.caught.length).toBeGreaterThan(0);
    });
    const [chat] = simulator.world.chats;
    expect(chat?.messages[0]?.author).toBe('customer');
  });
});

describe('the simulator’s page', () => {
  it('is made of files without inline code', async () => {
    simulated = await startSimulated();
    const get = async (path: string): Promise<Response> => fetch(`${simulated?.simulator.url ?? ''}${path}`);
    const html = await (await get('/simulator')).text();
    const files = [...html.matchAll(/(?:src|href)="(\/simulator\/[^"]+)"/g)].map((match) => match[1] ?? '');
    expect(files).toEqual(['/simulator/style.css', '/simulator/icon.svg', '/simulator/app.js']);
    for (const path of files) expect((await get(path)).status).toBe(200);
    expect(html).not.toMatch(/<script>|style="|onclick=/);
    expect((await get('/elsewhere')).status).toBe(404);
  });
});
