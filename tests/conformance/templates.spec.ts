/** Templates filled in as the carriers want them, and what they say of those that are not: against the simulator's rules. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TemplateComponent } from '../../src/contract/content.ts';
import type { MediaId } from '../../src/contract/ids.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import { makeHttpClient, type HttpClient } from '../../src/platform/http-client.ts';
import { cloudProvider } from '../../src/providers/cloud/provider.ts';
import type { Provider } from '../../src/providers/provider.ts';
import type { OutboundFile, SendContent, SendOutcome } from '../../src/providers/sending.ts';
import { contentSid } from '../../src/providers/simulator/templates.ts';
import { twilioProvider } from '../../src/providers/twilio/provider.ts';
import { aFile } from '../providers/contents.ts';
import { ACCOUNTS, startSimulated, type Simulated } from '../support/simulated.ts';
import { waitFor } from '../support/wait.ts';

let simulated: Simulated;
let http: HttpClient;

beforeAll(async () => {
  simulated = await startSimulated();
  http = makeHttpClient({ deadlineMs: 30_000 });
});
afterAll(async () => {
  await http.close();
  await simulated.stop();
});

const mediaId = '01890000-0000-7000-8000-0000000000aa' as MediaId;
const PICTURE = aFile(Buffer.from('bytes of the picture'));
const VIDEO = aFile(Buffer.from('bytes of the video'), { mime: 'video/mp4' });
const PDF = aFile(Buffer.from('bytes of the document'), { mime: 'application/pdf' });

interface Filled {
  readonly name: string;
  readonly language?: string;
  readonly components?: TemplateComponent[];
  readonly file?: OutboundFile;
}

/** Uploads the file where the carrier wants that, and sends the template to a customer of its own. */
async function send(provider: Provider, filled: Filled): Promise<{ outcome: SendOutcome; shown: unknown }> {
  const { channel, accessToken, ...rest } = ACCOUNTS[provider.name as 'cloud' | 'twilio'];
  const { url: baseUrl } = simulated.simulator;
  const accountSid = 'accountSid' in rest ? rest.accountSid : null;
  const webhookUrl = `${simulated.catcher.url}/api/webhooks/whatsapp/${provider.name}`;
  const credentials = { baseUrl, externalId: channel, accessToken, accountSid, webhookUrl };
  const { name, language = 'en', components = [], file = null } = filled;
  const content: SendContent = { kind: 'template', name, language, components, file };
  const upload = file === null ? undefined : await provider.upload?.(http.post, credentials, file);
  const uploadedId = upload?.kind === 'uploaded' ? upload.uploadedId : null;
  const digits = `1555${uuid7().replace(/\D/g, '').slice(-9)}`;
  const request = { messageId: uuid7(), to: { type: 'wa_id', value: digits }, content, quoteId: null } as const;
  const outcome = await provider.send(http.post, credentials, { ...request, uploadedId });
  const chat = simulated.simulator.world.chats.find(({ customer }) => customer === digits);
  return { outcome, shown: chat?.messages.at(-1) };
}

const text = (words: string, name?: string): TemplateComponent['parameters'][number] => ({
  type: 'text',
  text: words,
  ...(name === undefined ? {} : { parameter_name: name }),
});
const body = (...parameters: TemplateComponent['parameters']): TemplateComponent => ({ type: 'body', parameters });
const header = (parameter: TemplateComponent['parameters'][number]): TemplateComponent => ({
  type: 'header',
  parameters: [parameter],
});
const button = (
  sub_type: 'quick_reply' | 'url' | 'copy_code',
  index: number,
  parameter: TemplateComponent['parameters'][number],
): TemplateComponent => ({ type: 'button', sub_type, index, parameters: [parameter] });

const pdf = header({ type: 'document', document: { mediaId, filename: 'receipt.pdf' } });
const picture = header({ type: 'image', image: { mediaId } });
const code = button('copy_code', 0, { type: 'coupon_code', coupon_code: 'SAVE20' });
const track = button('url', 0, text('7'));

describe('a template through Meta', () => {
  it.each<[string, Filled, string]>([
    ['without anything to fill in', { name: 'hello', language: 'pt_BR' }, '[hello] Olá! Como podemos ajudar hoje?'],
    [
      'with positional values and an address',
      { name: 'order_update', components: [body(text('Ada'), text('#7')), track] },
      '[order_update] Hello Ada, your order #7 is on its way.',
    ],
    [
      'with a document, typed values and two kinds of button',
      {
        ...{ name: 'receipt', file: PDF },
        components: [
          pdf,
          body(text('Ada'), { type: 'currency', currency: { fallback_value: '7 €', code: 'EUR', amount_1000: 7000 } }),
          button('quick_reply', 0, { type: 'payload', payload: 'ask' }),
          button('url', 1, text('7')),
        ],
      },
      '[receipt] Hello Ada, this is your receipt of 7 €.',
    ],
    [
      'with a picture, named values in any order and a code to copy',
      {
        name: 'coupon',
        file: PICTURE,
        components: [picture, body(text('20', 'percent'), text('Ada', 'customer')), code],
      },
      '[coupon] Something for you, Ada: 20 % off.',
    ],
    [
      'with a video',
      { name: 'how_it_works', file: VIDEO, components: [header({ type: 'video', video: { mediaId } })] },
      '[how_it_works] This is how it works.',
    ],
    [
      'with a picture at an address',
      {
        name: 'coupon',
        components: [
          header({ type: 'image', image: { link: 'https://shop.test/a.png' } }),
          body(text('Ada', 'customer'), text('20', 'percent')),
          code,
        ],
      },
      '[coupon] Something for you, Ada: 20 % off.',
    ],
  ])('%s arrives', async (_what, filled, line) => {
    const { outcome, shown } = await send(cloudProvider, filled);
    expect(outcome).toMatchObject({ kind: 'accepted' });
    expect(shown).toMatchObject({ kind: 'template', text: line });
    expect(shown).toMatchObject(filled.file === undefined ? {} : { file: { mime: filled.file.mime } });
  });

  it.each<[string, Filled, string]>([
    ['of a name that is not there', { name: 'nothing' }, '132001'],
    ['of another language', { name: 'hello', language: 'de' }, '132001'],
    ['that is not approved', { name: 'refund', components: [body(text('7 €'))] }, '132001'],
    ['that is paused', { name: 'spring_sale', components: [body(text('20'))] }, '132015'],
    ['with a value too few', { name: 'order_update', components: [body(text('Ada')), track] }, '132000'],
    ['with values that it does not have', { name: 'hello', components: [body(text('Ada'))] }, '132000'],
    [
      'with values by other names',
      { name: 'coupon', file: PICTURE, components: [picture, body(text('Ada', 'who'), text('20', 'percent')), code] },
      '132012',
    ],
    ['without its file', { name: 'receipt', components: [body(text('Ada'), text('7 €'))] }, '132012'],
    [
      'with a file of another kind',
      { name: 'receipt', file: PICTURE, components: [picture, body(text('Ada'), text('7 €'))] },
      '132012',
    ],
    [
      'with a file whose bytes are of another kind',
      { name: 'coupon', file: PDF, components: [picture, body(text('Ada', 'customer'), text('2', 'percent')), code] },
      '131053',
    ],
    ['without the end of its address', { name: 'order_update', components: [body(text('Ada'), text('#7'))] }, '131008'],
    [
      'without the code to copy',
      { name: 'coupon', file: PICTURE, components: [picture, body(text('Ada', 'customer'), text('2', 'percent'))] },
      '131008',
    ],
    [
      'with a button that it does not have',
      { name: 'hello', components: [button('quick_reply', 0, { type: 'payload', payload: 'x' })] },
      '132012',
    ],
  ])('%s is refused for good', async (_what, filled, failureCode) => {
    const { outcome, shown } = await send(cloudProvider, filled);
    expect(outcome).toMatchObject({ kind: 'refused', failure: { code: failureCode, action: 'final' } });
    expect(shown).toBeUndefined();
  });
});

describe('a template through Twilio', () => {
  const sid = (name: string): string => contentSid({ name, language: 'en' });

  it('is filled in over one numbering of text and address', async () => {
    const components = [body(text('Ada', '1'), text('#7', '2')), button('url', 0, text('7'))];
    const { outcome, shown } = await send(twilioProvider, { name: sid('order_update'), components });
    expect(outcome).toMatchObject({ kind: 'accepted' });
    expect(shown).toMatchObject({ text: '[order_update] Hello Ada, your order #7 is on its way.' });
  });

  it('with a value too few is taken, and reported as failed for good', async () => {
    const { caught } = simulated.catcher;
    const before = caught.length;
    const { outcome } = await send(twilioProvider, { name: sid('order_update'), components: [body(text('Ada', '1'))] });
    expect(outcome).toMatchObject({ kind: 'accepted' });
    await waitFor(() => caught.length > before, { what: 'the report' });
    expect(new URLSearchParams(caught.at(-1)?.body.toString()).get('ErrorCode')).toBe('63028');
  });

  it('that is not there, or not approved, is refused for good', async () => {
    for (const name of [`HX${'0'.repeat(32)}`, sid('refund')]) {
      const { outcome } = await send(twilioProvider, { name });
      expect(outcome).toMatchObject({ kind: 'refused', failure: { code: '21655', action: 'final' } });
    }
  });
});
