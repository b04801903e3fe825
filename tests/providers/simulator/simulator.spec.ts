import { afterEach, describe, expect, it, vi } from 'vitest';
import { contentSid } from '../../../src/providers/simulator/templates.ts';
import { startSimulated, ACCOUNTS, type Simulated } from '../../support/simulated.ts';
import { PRODUCT_LIST } from '../contents.ts';

let simulated: Simulated | undefined;

afterEach(async () => {
  await simulated?.stop();
  simulated = undefined;
});

const until = async (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 30_000, interval: 10 });

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
    expect(await simulated.control('scenario', { name: 'hello', channel: 'nonsense' })).toHaveProperty('error.message');
    expect(await simulated.control('accounts', { accounts: [null] })).toHaveProperty('error.message');
    expect(await simulated.control('no-such-control', {})).toHaveProperty('error.message');
  });

  it('nobody writes to a quiet number by themselves, and the page does not show it', async () => {
    simulated = await startSimulated();
    const quiet = { ...ACCOUNTS.cloud, channel: 'quiet', quiet: true };
    expect(await simulated.control('accounts', { accounts: [quiet] })).toEqual({ added: 1 });
    expect(await simulated.control('scenario', { name: 'hello' })).toMatchObject({ messages: 3 });
    expect(((await simulated.control('state'))['accounts'] as unknown[]).length).toBe(3);
    expect(await simulated.control('customer-message', { ...from, channel: 'quiet' })).toHaveProperty('ids');
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

  it('what an Evolution server sends to a group is told of that group', async () => {
    simulated = await startSimulated();
    const { channel, accessToken } = ACCOUNTS.evolution;
    const group = '120363000000000001@g.us';
    const response = await fetch(`${simulated.simulator.url}/message/sendText/${channel}`, {
      method: 'POST',
      headers: { apikey: accessToken },
      body: JSON.stringify({ number: group, text: 'to all', messageId: 'AB12' }),
    });
    expect(await response.json()).toMatchObject({ key: { remoteJid: group } });
    const { catcher } = simulated;
    await until(() => {
      expect(catcher.caught.length).toBeGreaterThan(0);
    });
    expect(JSON.parse(catcher.caught[0]?.body.toString() ?? '')).toMatchObject({ data: { key: { remoteJid: group } } });
  });

  it('what a customer sent through an Evolution server can be fetched from it', async () => {
    simulated = await startSimulated();
    const { channel, accessToken } = ACCOUNTS.evolution;
    const picture = { channel, from: '15550100101', text: '', id: 'AB13', file: 'image', wait: true };
    await simulated.control('customer-message', picture);
    const response = await fetch(`${simulated.simulator.url}/chat/getBase64FromMediaMessage/${channel}`, {
      method: 'POST',
      headers: { apikey: accessToken, 'content-type': 'application/json' },
      body: JSON.stringify({ message: { key: { id: 'AB13' } } }),
    });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ mimetype: 'image/png' });
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

describe('the simulator refuses what the carriers refuse', () => {
  const cloud = { messaging_product: 'whatsapp', to: '15550100101' };
  const buttons = (count: number): object => ({
    type: 'button',
    body: { text: 'Pick' },
    action: {
      buttons: Array.from({ length: count }, (_, id) => ({
        type: 'reply',
        reply: { id: String(id), title: String(id) },
      })),
    },
  });

  const PICTURE = { type: 'image', image: { id: '1' } };
  const FLOW = { type: 'flow', body: { text: 'a' }, action: { name: 'flow', parameters: { flow_id: '1' } } };
  const LIST = {
    ...{ type: 'list', body: { text: 'a' } },
    action: { button: 'a', sections: [{ rows: [{ id: 'a', title: 'a' }] }] },
  };

  it.each<[string, object, number]>([
    ['a text without words', { type: 'text', text: { body: '' } }, 131008],
    ['a text of 4,097 characters', { type: 'text', text: { body: 'x'.repeat(4097) } }, 100],
    ['a caption of audio', { type: 'audio', audio: { id: '1', caption: 'x' } }, 100],
    ['a file that was never uploaded', { type: 'image', image: { id: '1' } }, 131009],
    ['a place without a longitude', { type: 'location', location: { latitude: 1 } }, 131008],
    ['a card with a single name', { type: 'contacts', contacts: [{ name: { formatted_name: 'Ada' } }] }, 100],
    ['four buttons', { type: 'interactive', interactive: buttons(4) }, 100],
    ['a picture above a list', { type: 'interactive', interactive: { ...LIST, header: PICTURE } }, 100],
    [
      'a question under a picture that was never uploaded',
      { type: 'interactive', interactive: { ...buttons(1), header: PICTURE } },
      131009,
    ],
    ['a form without a version', { type: 'interactive', interactive: FLOW }, 100],
    ['products without a header', { type: 'interactive', interactive: { ...PRODUCT_LIST, header: undefined } }, 131008],
    ['a template without a language', { type: 'template', template: { name: 'hello' } }, 131008],
    ['a kind that does not exist', { type: 'poll', poll: {} }, 100],
  ])('Cloud: %s', async (_what, body, code) => {
    simulated = await startSimulated();
    const { channel, accessToken } = ACCOUNTS.cloud;
    const response = await fetch(`${simulated.simulator.url}/v24.0/${channel}/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...cloud, ...body }),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code } });
  });

  it.each<[string, object]>([
    ['sendMedia', { mediatype: 'hologram', mimetype: 'image/png', media: 'aaaa' }],
    ['sendMedia', { mediatype: 'image', mimetype: 'image/png', media: 'no base64!' }],
    ['sendWhatsAppAudio', {}],
    ['sendSticker', { sticker: '' }],
    ['sendLocation', { latitude: 1, longitude: 2, name: 'Shop' }],
    ['sendContact', { contact: [{ fullName: 'Ada' }] }],
    ['sendPoll', { name: 'When?', values: ['Mon', 'Mon'], selectableCount: 1 }],
    ['sendPoll', { name: 'When?', values: ['Mon', 'Tue'] }],
  ])('Evolution: %s %o', async (call, body) => {
    simulated = await startSimulated();
    const { channel, accessToken } = ACCOUNTS.evolution;
    const response = await fetch(`${simulated.simulator.url}/message/${call}/${channel}`, {
      method: 'POST',
      headers: { apikey: accessToken, 'content-type': 'application/json' },
      body: JSON.stringify({ number: '15550100101', ...body }),
    });
    expect(response.status).toBe(400);
  });

  it.each<[string, Record<string, string>, number]>([
    ['a file without an address', { MediaUrl: 'somewhere' }, 21620],
    ['a place that is none', { PersistentAction: 'geo:here', Body: 'x' }, 63021],
    ['a template by name', { ContentSid: 'hello' }, 21655],
    [
      'variables that are no JSON',
      { ContentSid: contentSid({ name: 'hello', language: 'en' }), ContentVariables: '{' },
      21656,
    ],
    ['a template that is not there', { ContentSid: `HX${'0'.repeat(32)}` }, 21655],
    ['nothing', {}, 21619],
  ])('Twilio: %s', async (_what, form, code) => {
    simulated = await startSimulated();
    const { channel, accessToken, accountSid } = ACCOUNTS.twilio;
    const response = await fetch(`${simulated.simulator.url}/2010-04-01/Accounts/${accountSid}/Messages.json`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${accountSid}:${accessToken}`).toString('base64')}` },
      body: new URLSearchParams({ From: channel, To: 'whatsapp:+15550100101', ...form }),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code });
  });
});
