/** What every carrier must do, run against the simulator: sign, verify, parse, send, and call each outcome by its name. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Address } from '../../src/contract/entities.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import { makeHttpClient, type HttpClient } from '../../src/platform/http-client.ts';
import { providers } from '../../src/providers/index.ts';
import type { InboundEvent } from '../../src/providers/inbound.ts';
import type { Provider, Secret, WebhookRequest } from '../../src/providers/provider.ts';
import type { Credentials, OutboundFile, SendContent, SendOutcome, SendRequest } from '../../src/providers/sending.ts';
import type { SimulatedAccount } from '../../src/providers/simulator/options.ts';
import { contentSid } from '../../src/providers/simulator/templates.ts';
import { aFile, CONTENT_NAMES, CONTENTS, type ContentName } from '../providers/contents.ts';
import { ACCOUNTS, startSimulated, type Simulated } from '../support/simulated.ts';

let simulated: Simulated;
let http: HttpClient;

beforeEach(async () => {
  simulated = await startSimulated();
  http = makeHttpClient({ deadlineMs: 30_000 });
});

afterEach(async () => {
  await http.close();
  await simulated.stop();
});

const CUSTOMER: Address = { type: 'wa_id', value: '15550100101' };

function accountOf(provider: Provider): SimulatedAccount {
  return ACCOUNTS[provider.name];
}

function credentials(provider: Provider): Credentials {
  const { channel, accessToken, accountSid = null } = accountOf(provider);
  const webhookUrl = `${simulated.catcher.url}/api/webhooks/whatsapp/${provider.name}`;
  return { baseUrl: simulated.simulator.url, externalId: channel, accessToken, accountSid, webhookUrl };
}

const secret = (value: string): Secret => ({ value, fingerprint: 'test' });

async function webhooks(count: number): Promise<WebhookRequest[]> {
  const { caught } = simulated.catcher;
  await vi.waitFor(
    () => {
      expect(caught.length).toBeGreaterThanOrEqual(count);
    },
    { timeout: 30_000, interval: 10 },
  );
  return caught.map(({ headers, path, body }) => ({
    headers,
    url: simulated.catcher.url + path,
    body,
    nowMs: systemClock.nowMs(),
  }));
}

function eventsOf(provider: Provider, request: WebhookRequest): readonly InboundEvent[] {
  const parsed = provider.parse(provider.bodyToKeep?.(request) ?? request.body, systemClock.nowMs());
  if (!parsed.ok) throw new Error(parsed.broken);
  return parsed.events;
}

const text = (content: string, more: Partial<SendRequest> = {}): SendRequest => ({
  messageId: uuid7(),
  to: CUSTOMER,
  content: { kind: 'text', text: content, linkPreview: true },
  quoteId: null,
  uploadedId: null,
  ...more,
});

async function send(provider: Provider, request: SendRequest): Promise<SendOutcome> {
  return provider.send(http.post, credentials(provider), request);
}

/** Meta's id of the content's file; null where the provider takes it with the message. */
async function uploaded(provider: Provider, content: SendContent): Promise<string | null> {
  if (provider.upload === undefined || !('file' in content) || content.file === null) return null;
  const outcome = await provider.upload(http.post, credentials(provider), content.file);
  return outcome.kind === 'uploaded' ? outcome.uploadedId : null;
}

/** What the capabilities promise. */
function sendable({ capabilities }: Provider, name: ContentName): boolean {
  const content = CONTENTS[name];
  if (content.kind === 'interactive') return capabilities.interactive.includes(content.interactive.type);
  return content.kind !== 'reaction' && capabilities.kinds.includes(content.kind);
}

/** A template goes by the name that the carrier has for it. */
function contentFor({ capabilities }: Provider, name: ContentName): SendContent {
  const content: SendContent = CONTENTS[name];
  if (content.kind !== 'template') return content;
  const receipt = { name: 'receipt', language: 'en' };
  return { ...content, ...receipt, ...(capabilities.templates === 'content' ? { name: contentSid(receipt) } : {}) };
}

async function sha256(file: OutboundFile): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of file.open()) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function callCount(provider: Provider): Promise<number> {
  const { calls } = await simulated.control(`calls?channel=${encodeURIComponent(accountOf(provider).channel)}`);
  return (calls as unknown[]).length;
}

async function customerWrites(provider: Provider, more: Record<string, unknown> = {}): Promise<string> {
  const { channel } = accountOf(provider);
  const input = { channel, from: CUSTOMER.value, name: 'Ada Example', text: 'Olá 😀 שלום', wait: true, ...more };
  const { ids } = (await simulated.control('customer-message', input)) as { ids: string[] };
  return ids[0] ?? '';
}

describe.each(providers.map((provider) => ({ name: provider.name, provider })))('$name', ({ provider }) => {
  it('a customer’s message proves its sender, names its channel and reads as it was written', async () => {
    const id = await customerWrites(provider);
    const [request] = await webhooks(1);
    if (request === undefined) throw new Error('nothing came');
    const right = secret(accountOf(provider).secret);
    expect(provider.channelHint(request)).toBe(accountOf(provider).channel);
    expect(provider.verify(request, [secret('another secret'), right])).toBe(right);
    expect(eventsOf(provider, request)).toMatchObject([
      {
        kind: 'message',
        channel: accountOf(provider).channel,
        direction: 'inbound',
        providerMessageId: id,
        type: 'text',
        text: 'Olá 😀 שלום',
        chat: { addresses: [CUSTOMER], name: 'Ada Example' },
      },
    ]);
  });

  it('another secret, an empty one and a request without proof are refused', async () => {
    await customerWrites(provider);
    const [request] = await webhooks(1);
    if (request === undefined) throw new Error('nothing came');
    expect(provider.verify(request, [secret('another secret'), secret('')])).toBeNull();
    expect(provider.verify({ ...request, headers: {} }, [secret(accountOf(provider).secret)])).toBeNull();
  });

  it('a message is sent with exactly one call and comes back under our own id', async () => {
    const request = text('Your order is on its way');
    const outcome = await send(provider, request);
    expect(outcome).toMatchObject({ kind: 'accepted', addresses: [CUSTOMER] });
    expect(await callCount(provider)).toBe(1);
    await simulated.control('statuses', { messageId: request.messageId, statuses: ['sent', 'delivered', 'read'] });
    const all = (await webhooks(3)).flatMap((webhook) => eventsOf(provider, webhook));
    const statuses = all.filter((event) => event.kind === 'status');
    const id = outcome.kind === 'accepted' ? outcome.providerMessageId : '';
    expect(statuses).toMatchObject(
      ['sent', 'delivered', 'read'].map((status) => ({
        status,
        providerMessageId: id,
        clientRef: request.messageId,
        error: null,
      })),
    );
  });

  it('a quote and a reaction reach the customer’s message, or are refused without a call', async () => {
    const id = await customerWrites(provider);
    const reaction = { kind: 'reaction', targetId: id, targetFromMe: false, emoji: '👍' } as const;
    const { quotes, reactions } = provider.capabilities;
    const outcome = (can: boolean): Record<string, unknown> =>
      can ? { kind: 'accepted' } : { kind: 'refused', failure: { action: 'final' } };
    expect(await send(provider, text('This one?', { quoteId: id }))).toMatchObject(outcome(quotes));
    expect(await send(provider, text('', { content: reaction }))).toMatchObject(outcome(reactions));
    const found = simulated.simulator.world.find(id);
    expect(found?.message.reactions).toEqual(reactions ? { business: '👍' } : {});
    expect(found?.chat.messages.at(-1)?.quoteId).toBe(quotes ? id : null);
    expect(await callCount(provider)).toBe([quotes, reactions].filter(Boolean).length);
  });

  it.each(CONTENT_NAMES)('%s arrives on the phone, or is refused without a call', async (name) => {
    const content = contentFor(provider, name);
    const id = provider.capabilities.quotes ? await customerWrites(provider) : null;
    const uploadedId = await uploaded(provider, content);
    const outcome = await send(provider, text('', { content, quoteId: id, uploadedId }));
    const chat = simulated.simulator.world.chats.at(-1);
    if (!sendable(provider, name)) {
      expect(outcome).toMatchObject({ kind: 'refused', failure: { action: 'final' } });
      expect(await callCount(provider)).toBe(0);
      return;
    }
    expect(outcome).toMatchObject({ kind: 'accepted', addresses: [CUSTOMER] });
    const shown = chat?.messages.at(-1);
    expect(shown).toMatchObject({ author: 'business', quoteId: id });
    if ('file' in content && content.file !== null && provider.name !== 'twilio') {
      expect(shown?.file?.sha256).toBe(await sha256(content.file));
    }
  });

  it('a read mark and typing reach the customer’s message', async () => {
    const id = await customerWrites(provider);
    const target = { to: CUSTOMER, providerMessageId: id };
    expect(await provider.markRead(http.post, credentials(provider), target)).toMatchObject({ kind: 'accepted' });
    expect(await provider.typing(http.post, credentials(provider), target)).toMatchObject({ kind: 'accepted' });
    const found = simulated.simulator.world.find(id);
    expect(found?.message).toMatchObject({ tick: 'read' });
    expect(found?.chat.businessTypingUntilMs).toBeGreaterThan(0);
  });

  it('a customer’s reaction and its removal, where they are told, and a quote of ours are understood', async () => {
    const sent = await send(provider, text('Blue or red?'));
    const targetId = sent.kind === 'accepted' ? sent.providerMessageId : '';
    const { channel } = accountOf(provider);
    await simulated.control('customer-reaction', { channel, from: CUSTOMER.value, targetId, emoji: '❤️' });
    await simulated.control('customer-reaction', { channel, from: CUSTOMER.value, targetId, emoji: '' });
    await customerWrites(provider, { text: 'Blue', quote: targetId });
    const { reactions } = provider.capabilities;
    const all = (await webhooks(reactions ? 3 : 1)).flatMap((webhook) => eventsOf(provider, webhook));
    const told = [
      { targetId, emoji: '❤️', direction: 'inbound' },
      { targetId, emoji: null, direction: 'inbound' },
    ];
    expect(all.filter((event) => event.kind === 'reaction')).toMatchObject(reactions ? told : []);
    const answers = all.filter((event) => event.kind === 'message' && event.direction === 'inbound');
    expect(answers).toMatchObject([{ text: 'Blue', contextId: targetId }]);
  });

  it('too many requests: refused, to be tried again when the carrier says', async () => {
    await simulated.control('misbehave', { mode: '429', count: 1 });
    expect(await send(provider, text('a'))).toMatchObject({
      kind: 'refused',
      failure: { action: 'slow', retryAfterMs: 1000 },
    });
    expect(await send(provider, text('b'))).toMatchObject({ kind: 'accepted' });
  });

  it.each(['500-after-accept', 'timeout-after-accept', 'reset-before-accept'])(
    '%s: what may have gone out is unknown, never refused',
    async (mode) => {
      if (mode === 'timeout-after-accept') {
        await http.close();
        // Long enough for the request to be written on a busy machine.
        http = makeHttpClient({ deadlineMs: 2000 });
      }
      await simulated.control('misbehave', { mode, count: 1 });
      expect(await send(provider, text('a'))).toMatchObject({ kind: 'unknown' });
    },
  );

  it('an unknown send is settled by the status that brings our id back', async () => {
    await simulated.control('misbehave', { mode: '500-after-accept', count: 1 });
    const request = text('did this arrive?');
    expect(await send(provider, request)).toMatchObject({ kind: 'unknown' });
    await simulated.control('statuses', { messageId: request.messageId, statuses: ['delivered'] });
    const all = (await webhooks(1)).flatMap((webhook) => eventsOf(provider, webhook));
    const found = all.filter((event) => event.kind === 'status');
    expect(found).toMatchObject([{ status: 'delivered', clientRef: request.messageId }]);
  });

  it('a customer who cannot be reached: refused for good', async () => {
    await simulated.control('misbehave', { mode: 'refused', count: 1 });
    expect(await send(provider, text('a'))).toMatchObject({ kind: 'refused', failure: { action: 'final' } });
  });

  it('a message that was taken and not delivered is reported as failed', async () => {
    await simulated.control('misbehave', { mode: 'undelivered', count: 1 });
    const request = text('a');
    expect(await send(provider, request)).toMatchObject({ kind: 'accepted' });
    // Evolution posts what was sent as well.
    const all = (await webhooks(provider.name === 'evolution' ? 2 : 1)).flatMap((webhook) =>
      eventsOf(provider, webhook),
    );
    expect(all.filter((event) => event.kind === 'status').at(-1)).toMatchObject({ status: 'failed' });
  });

  it('a carrier that cannot be reached certainly has nothing', async () => {
    const gone = { ...credentials(provider), baseUrl: 'http://127.0.0.1:1' };
    expect(await provider.send(http.post, gone, text('a'))).toMatchObject({
      kind: 'refused',
      failure: { code: 'unreachable', action: 'retry' },
    });
  });

  it('a wrong access token stops the account, not the message', async () => {
    const wrong = { ...credentials(provider), accessToken: 'wrong' };
    const outcome = await provider.send(http.post, wrong, text('a'));
    expect(outcome).toMatchObject({ kind: 'refused', failure: { action: 'account' } });
  });

  it('an address of another carrier is refused without a call', async () => {
    const outcome = await send(provider, text('a', { to: { type: 'username', value: 'ada.example' } }));
    expect(outcome).toMatchObject({ kind: 'refused', failure: { action: 'final' } });
    expect(await callCount(provider)).toBe(0);
  });
});

const uploading = providers.filter((provider) => provider.upload !== undefined);
describe.each(uploading)('$name', (provider) => {
  it('an upload that fails is certain to have reached nobody', async () => {
    await simulated.control('misbehave', { mode: 'upload-fails', count: 1 });
    const file = aFile(Buffer.from('bytes'));
    const outcome = await provider.upload?.(http.post, credentials(provider), file);
    expect(outcome).toMatchObject({ kind: 'refused', failure: { action: 'retry' } });
    expect(await provider.upload?.(http.post, credentials(provider), file)).toMatchObject({ kind: 'uploaded' });
  });
});
