/** A file that a member uploads is on the customer's phone, byte for byte, through every carrier. */
import { createHash, randomUUID } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProviderName } from '../../src/contract/entities.ts';
import type { Media, Message } from '../../src/contract/message.ts';
import { customerFile } from '../../src/providers/simulator/customer-files.ts';
import { liveClient, type TestClient } from '../support/client.ts';
import {
  messageState,
  openBusiness,
  openThread,
  startJourney,
  type Business,
  type Journey,
} from '../support/journey.ts';
import { waitFor } from '../support/wait.ts';

const PROVIDERS = ['cloud', 'evolution', 'twilio'] as const satisfies ProviderName[];

let journey: Journey;
const businesses = {} as Record<ProviderName, Business>;
const clients = {} as Record<ProviderName, TestClient>;

beforeAll(async () => {
  journey = await startJourney({ isPublic: true });
  for (const provider of PROVIDERS) {
    businesses[provider] = await openBusiness(journey, { provider });
    clients[provider] = await liveClient(journey.nodes[0].url, businesses[provider].people.lead.token);
  }
});
afterAll(async () => {
  for (const provider of PROVIDERS) clients[provider].close();
  await journey.stop();
});

/** A file as somebody has it on their disk. */
interface Given {
  readonly kind: string;
  readonly bytes: Buffer;
  readonly type: string;
  readonly filename: string;
  readonly voice?: true;
}

const { bytes: png } = customerFile('image', 'a picture');
const { bytes: pdf } = customerFile('document', 'a document');
const { bytes: ogg } = customerFile('audio', 'a voice');
const IMAGE: Given = { kind: 'image', bytes: png, type: 'image/png', filename: 'offer.png' };
const DOCUMENT: Given = { kind: 'document', bytes: pdf, type: 'application/pdf', filename: 'Angebot № 7.pdf' };
const VOICE: Given = { kind: 'audio', bytes: ogg, type: 'audio/ogg', filename: 'voice.ogg', voice: true };
const SOUND: Given = { kind: 'audio', bytes: ogg, type: 'audio/ogg', filename: 'sound.ogg' };

async function stickerFile(): Promise<Given> {
  const bytes = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#543' } })
    .webp()
    .toBuffer();
  return { kind: 'sticker', bytes, type: 'image/webp', filename: 'sticker.webp' };
}

async function upload({ accountId, people }: Business, given: Given): Promise<Media> {
  const { kind, filename, type, bytes, voice } = given;
  const query = new URLSearchParams({ accountId, kind, filename, ...(voice === true ? { voice: 'true' } : {}) });
  const response = await fetch(`${journey.nodes[1].url}/api/media?${query.toString()}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${people.lead.token}`, 'content-type': type },
    body: new Uint8Array(bytes),
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as { media: Media }).media;
}

async function send(provider: ProviderName, input: object): Promise<Message> {
  const answer = await clients[provider].send('message:send', { ...input, commandId: randomUUID() });
  if (!answer.ok) throw new Error(answer.error.code);
  return answer.data['message'] as Message;
}

interface OnPhone {
  readonly kind: string;
  readonly text: string;
  readonly tick: string;
  readonly file?: { readonly sha256: string; readonly filename: string | null; readonly voice: boolean };
}

/** What the customer's phone shows of us. */
async function onPhone({ channel }: Business, digits: string): Promise<OnPhone[]> {
  const query = new URLSearchParams({ channel, customer: digits });
  const { chat } = await journey.simulate<{ chat: { messages: (OnPhone & { author: string })[] } }>(
    `state?${query.toString()}`,
  );
  return chat.messages.filter(({ author }) => author === 'business');
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** The one message that has arrived, once its carrier says that it went out. */
async function arrived(provider: ProviderName, digits: string): Promise<OnPhone> {
  const business = businesses[provider];
  await waitFor(async () => (await onPhone(business, digits)).some(({ tick }) => tick !== 'accepted'), {
    what: 'the message on the phone',
    deadlineMs: 20_000,
  });
  const all = await onPhone(business, digits);
  expect(all).toHaveLength(1);
  return all[0] as OnPhone;
}

describe('a file', () => {
  const named = { text: '📄 Angebot № 7.pdf As agreed', file: { filename: 'Angebot № 7.pdf' } };

  // Meta names documents only, Twilio nothing at all.
  it.each<{ what: string; provider: ProviderName; given: Given; caption?: string; shown?: object }>([
    { what: 'an image with its caption', provider: 'cloud', given: IMAGE, caption: 'Look', shown: { text: 'Look' } },
    { what: 'a document with its name', provider: 'cloud', given: DOCUMENT, caption: 'As agreed', shown: named },
    { what: 'a voice message', provider: 'cloud', given: VOICE, shown: { file: { voice: true } } },
    { what: 'a sound that is none', provider: 'cloud', given: SOUND, shown: { file: { voice: false } } },
    {
      what: 'an image with its caption',
      provider: 'evolution',
      given: IMAGE,
      caption: 'Look',
      shown: { text: 'Look' },
    },
    { what: 'a document with its name', provider: 'evolution', given: DOCUMENT, caption: 'As agreed', shown: named },
    { what: 'a voice message', provider: 'evolution', given: VOICE, shown: { file: { voice: true } } },
    {
      what: 'an image with its caption',
      provider: 'twilio',
      given: IMAGE,
      caption: 'Look',
      shown: { text: '📄 Look' },
    },
    { what: 'a document', provider: 'twilio', given: DOCUMENT },
    { what: 'a sound', provider: 'twilio', given: SOUND },
  ])('$what through $provider', async ({ provider, given, caption, shown = {} }) => {
    const business = businesses[provider];
    const { threadId, digits } = await openThread(journey, business);
    const { id: mediaId } = await upload(business, given);
    const text = caption === undefined ? {} : { text: caption };
    const { id } = await send(provider, { threadId, kind: given.kind, mediaId, ...text });
    const found = await arrived(provider, digits);
    expect(found).toMatchObject({ kind: given.kind, file: { sha256: sha256(given.bytes) } });
    expect(found).toMatchObject(shown);
    const told = async (): Promise<string> => (await messageState(journey.system.database, id)).status;
    await waitFor(async () => ['sent', 'delivered', 'read'].includes(await told()), { what: 'its state' });
  });

  it.each(PROVIDERS)('a sticker through %s', async (provider) => {
    const business = businesses[provider];
    const { threadId, digits } = await openThread(journey, business);
    const given = await stickerFile();
    const { id: mediaId } = await upload(business, given);
    await send(provider, { threadId, kind: 'sticker', mediaId });
    expect(await arrived(provider, digits)).toMatchObject({ kind: 'sticker', file: { sha256: sha256(given.bytes) } });
  });

  it('stands above the words of a question and of a template', async () => {
    const business = businesses.cloud;
    const [asked, offered] = [await openThread(journey, business), await openThread(journey, business)];
    const { id: picture } = await upload(business, IMAGE);
    await send('cloud', {
      ...{ threadId: asked.threadId, kind: 'interactive' },
      interactive: {
        ...{ type: 'button', header: { type: 'image', image: { mediaId: picture } }, body: { text: 'This one?' } },
        action: { buttons: [{ type: 'reply', reply: { id: 'yes', title: 'Yes' } }] },
      },
    });
    const { id: mediaId } = await upload(business, DOCUMENT);
    const components = [
      { type: 'header', parameters: [{ type: 'document', document: { mediaId, filename: 'receipt.pdf' } }] },
      { type: 'body', parameters: ['Ada', '7 €'].map((text) => ({ type: 'text', text })) },
      { type: 'button', sub_type: 'url', index: 1, parameters: [{ type: 'text', text: '7' }] },
    ];
    await send('cloud', {
      ...{ threadId: offered.threadId, kind: 'template' },
      template: { name: 'receipt', language: 'en', components },
    });
    expect(await arrived('cloud', asked.digits)).toMatchObject({
      ...{ kind: 'interactive', text: '🔘 This one? [Yes]' },
      file: { sha256: sha256(png) },
    });
    expect(await arrived('cloud', offered.digits)).toMatchObject({
      ...{ kind: 'template', text: '[receipt] Hello Ada, this is your receipt of 7 €.' },
      file: { sha256: sha256(pdf), filename: 'receipt.pdf' },
    });
  });
});

describe('a file that did not go out', () => {
  it.each(PROVIDERS)(
    'through %s is sent again with its bytes when the agent says so, and arrives once',
    async (provider) => {
      const business = businesses[provider];
      const { threadId, digits } = await openThread(journey, business);
      const { id: mediaId } = await upload(business, IMAGE);
      await journey.simulate('misbehave', { mode: 'refused', count: 1, channel: business.channel });
      const { id } = await send(provider, { threadId, kind: 'image', mediaId, text: 'Look' });
      const stateOf = (): ReturnType<typeof messageState> => messageState(journey.system.database, id);
      await waitFor(async () => (await stateOf()).status === 'failed', { what: 'the refusal' });
      expect(await onPhone(business, digits)).toEqual([]);
      expect(await clients[provider].send('message:retry', { messageId: id })).toMatchObject({ ok: true });
      expect(await arrived(provider, digits)).toMatchObject({ kind: 'image', file: { sha256: sha256(png) } });
    },
  );
});
