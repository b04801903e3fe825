import { describe, expect, it } from 'vitest';
import type { TemplateComponent, TemplateParameter } from '../../../src/contract/content.ts';
import type { HttpResult, SendOutcome, SendRequest } from '../../../src/providers/sending.ts';
import { failureOf } from '../../../src/providers/twilio/failures.ts';
import { markReadTwilio, sendTwilio, typingTwilio } from '../../../src/providers/twilio/send.ts';
import { answered, recordedPost } from '../recorded-post.ts';

const SID = 'AC00000000000000000000000000000001';
const credentials = {
  baseUrl: 'https://api.twilio.test/',
  externalId: 'whatsapp:+15550100000',
  accessToken: 'token',
  accountSid: SID,
  webhookUrl: 'https://inbox.test/api/webhooks/whatsapp/twilio',
};
const taken = { sid: 'SM1', status: 'queued', error_code: null, to: 'whatsapp:+15550100101' };
const accepted = answered(201, taken);

const request: SendRequest = {
  messageId: '01890000-0000-7000-8000-000000000001',
  to: { type: 'wa_id', value: '15550100101' },
  content: { kind: 'text', text: 'Olá & 1+1=2', linkPreview: true },
  quoteId: null,
  uploadedId: null,
};

async function outcomeOf(result: HttpResult, more: Partial<SendRequest> = {}): Promise<SendOutcome> {
  return sendTwilio(recordedPost(result).post, credentials, { ...request, ...more });
}

async function formOf(more: Partial<SendRequest>): Promise<unknown> {
  const { requests, post } = recordedPost(accepted);
  await sendTwilio(post, credentials, { ...request, ...more });
  return requests[0]?.form;
}

describe('what goes to Twilio', () => {
  it('a text as a form, with the address that reports its states under our own id', async () => {
    const { requests, post } = recordedPost(accepted);
    await sendTwilio(post, credentials, request);
    expect(requests).toEqual([
      {
        url: `https://api.twilio.test/2010-04-01/Accounts/${SID}/Messages.json`,
        headers: { authorization: `Basic ${Buffer.from(`${SID}:token`).toString('base64')}` },
        form: {
          To: 'whatsapp:+15550100101',
          From: 'whatsapp:+15550100000',
          Body: 'Olá & 1+1=2',
          StatusCallback: `${credentials.webhookUrl}?ref=${request.messageId}#rc=5&rp=all`,
        },
      },
    ]);
  });

  it('no address for states where none is known, and people without a number by their id', async () => {
    const { requests, post } = recordedPost(accepted);
    await sendTwilio(post, { ...credentials, webhookUrl: null }, request);
    expect(requests[0]?.form).not.toHaveProperty('StatusCallback');
    expect(await formOf({ to: { type: 'bsuid', value: 'US.1' } })).toMatchObject({ To: 'whatsapp:US.1' });
  });

  it('a template by its Content SID, its texts numbered or named', async () => {
    const name = `HX${'0'.repeat(32)}`;
    const template = (components: TemplateComponent[]): Partial<SendRequest> => ({
      content: { kind: 'template', name, language: 'en', components, file: null },
    });
    const text = (value: string, parameter_name?: string): TemplateParameter => ({
      ...{ type: 'text', text: value },
      ...(parameter_name === undefined ? {} : { parameter_name }),
    });
    const numbered: TemplateComponent[] = [
      { type: 'header', parameters: [text('A')] },
      { type: 'body', parameters: [text('B'), text('C')] },
    ];
    expect(await formOf(template(numbered))).toMatchObject({
      ContentSid: name,
      ContentVariables: '{"1":"A","2":"B","3":"C"}',
    });
    expect(await formOf(template([{ type: 'body', parameters: [text('Ada', 'name')] }]))).toMatchObject({
      ContentVariables: '{"name":"Ada"}',
    });
    expect(await formOf(template([]))).not.toHaveProperty('ContentVariables');
    expect(await formOf(template([]))).not.toHaveProperty('Body');
  });

  it.each<[string, Partial<SendRequest>]>([
    [
      'a template by name',
      { content: { kind: 'template', name: 'hello', language: 'en', components: [], file: null } },
    ],
    ['a reaction', { content: { kind: 'reaction', targetId: 'SM1', targetFromMe: false, emoji: '👍' } }],
    ['a quote', { quoteId: 'SM1' }],
    ['a group', { to: { type: 'group', value: 'G1' } }],
  ])('%s is refused without a call', async (_name, more) => {
    const { requests, post } = recordedPost(accepted);
    const outcome = await sendTwilio(post, credentials, { ...request, ...more });
    expect(outcome).toMatchObject({ kind: 'refused', failure: { action: 'final' } });
    expect(requests).toEqual([]);
  });

  it('an account without its SID needs an administrator', async () => {
    const { requests, post } = recordedPost(accepted);
    const outcome = await sendTwilio(post, { ...credentials, accountSid: null }, request);
    expect(outcome).toMatchObject({ kind: 'refused', failure: { action: 'account' } });
    expect(requests).toEqual([]);
  });

  it('typing and read marks name the message, at the host that has them', async () => {
    const { requests, post } = recordedPost(answered(200, { success: true }));
    const target = { to: request.to, providerMessageId: 'SM9' };
    const ofItsSecondFile = { ...target, providerMessageId: 'SM9-1' };
    expect(await typingTwilio(post, credentials, target)).toMatchObject({ kind: 'accepted' });
    expect(await markReadTwilio(post, credentials, ofItsSecondFile)).toMatchObject({ kind: 'accepted' });
    expect(requests.map(({ url, form }) => ({ url, form }))).toEqual(
      [0, 1].map(() => ({
        url: 'https://messaging.twilio.test/v2/Indicators/Typing.json',
        form: { messageId: 'SM9', channel: 'whatsapp' },
      })),
    );
    const without = await typingTwilio(post, credentials, { ...target, providerMessageId: null });
    expect(without).toMatchObject({ kind: 'refused' });
    expect(requests).toHaveLength(2);
  });
});

const error = (status: number, code: number, headers = {}): HttpResult =>
  answered(status, { code, message: 'said Twilio', more_info: '', status }, headers);

describe('what the answer means', () => {
  it('201 with an id is accepted, with the address that Twilio uses', async () => {
    expect(await outcomeOf(accepted)).toEqual({
      kind: 'accepted',
      providerMessageId: 'SM1',
      addresses: [request.to],
    });
  });

  it.each([
    ['2xx without an id', answered(201, {})],
    ['5xx, even with a code', error(500, 20500)],
    ['5xx without a body', answered(502, '<html>')],
    ['no answer after the request was written', { ok: false, sent: true, reason: 'timeout' } as const],
  ])('%s is unknown', async (_name, result) => {
    expect(await outcomeOf(result)).toMatchObject({ kind: 'unknown' });
  });

  it.each([
    ['slow', 429, 20429],
    ['slow', 400, 63018],
    ['account', 401, 20003],
    ['account', 400, 63007],
    ['window', 400, 63016],
    ['final', 400, 63003],
    ['final', 400, 21211],
    ['final', 400, 987654],
  ])('%s: HTTP %i with %i', async (action, status, code) => {
    expect(await outcomeOf(error(status, code))).toMatchObject({
      kind: 'refused',
      failure: { action, code: String(code) },
    });
  });

  it('an answer that reports failure already is refused for its reason', async () => {
    const failed = answered(201, { ...taken, status: 'failed', error_code: 63016 });
    expect(await outcomeOf(failed)).toMatchObject({ kind: 'refused', failure: { action: 'window', code: '63016' } });
  });

  it('waits as long as Twilio says', async () => {
    expect(await outcomeOf(error(429, 20429, { 'retry-after': '7' }))).toMatchObject({
      failure: { action: 'slow', retryAfterMs: 7000 },
    });
  });

  it('every listed code has words for an agent', () => {
    for (const code of ['20429', '63016', '63003', '63024', '63049', '20003', 'canceled']) {
      expect(failureOf(code, null).title).toMatch(/^[A-Z].{15,}/);
      expect(failureOf(code, null).title).not.toBe(failureOf('unlisted', null).title);
    }
  });
});
