import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../src/providers/cloud/failures.ts';
import { markReadCloud, sendCloud, typingCloud } from '../../../src/providers/cloud/send.ts';
import type { HttpResult, SendOutcome, SendRequest } from '../../../src/providers/sending.ts';
import { answered, recordedPost } from '../recorded-post.ts';

const credentials = { baseUrl: 'https://graph.test', externalId: '100000000000001', accessToken: 'token' };
const accepted = answered(200, { contacts: [{ wa_id: '553990000001' }], messages: [{ id: 'wamid.X' }] });

const request: SendRequest = {
  messageId: '01890000-0000-7000-8000-000000000001',
  to: { type: 'wa_id', value: '5539990000001' },
  content: { kind: 'text', text: 'see https://x.test', linkPreview: true },
  quoteId: 'wamid.Q',
  uploadedId: null,
};

async function outcomeOf(result: HttpResult, more: Partial<SendRequest> = {}): Promise<SendOutcome> {
  return sendCloud(recordedPost(result).post, credentials, { ...request, ...more });
}

async function bodyOf(more: Partial<SendRequest>): Promise<unknown> {
  const { requests, post } = recordedPost(accepted);
  await sendCloud(post, credentials, { ...request, ...more });
  return requests[0]?.json;
}

describe('what goes to the Graph API', () => {
  it('a text with preview, quote and our own id, to the versioned address of the number', async () => {
    const { requests, post } = recordedPost(accepted);
    await sendCloud(post, credentials, request);
    expect(requests).toEqual([
      {
        url: 'https://graph.test/v24.0/100000000000001/messages',
        headers: { authorization: 'Bearer token' },
        json: {
          messaging_product: 'whatsapp',
          recipient_type: 'individual',
          to: '5539990000001',
          type: 'text',
          text: { body: 'see https://x.test', preview_url: true },
          context: { message_id: 'wamid.Q' },
          biz_opaque_callback_data: request.messageId,
        },
      },
    ]);
  });

  it('a base URL that names a version keeps it', async () => {
    const { requests, post } = recordedPost(accepted);
    await sendCloud(post, { ...credentials, baseUrl: 'https://graph.test/v23.0/' }, request);
    expect(requests[0]?.url).toBe('https://graph.test/v23.0/100000000000001/messages');
  });

  it('people without a number are reached as recipient, groups as groups', async () => {
    expect(await bodyOf({ to: { type: 'bsuid', value: 'US.1' } })).toMatchObject({ recipient: 'US.1' });
    expect(await bodyOf({ to: { type: 'bsuid', value: 'US.1' } })).not.toHaveProperty('to');
    expect(await bodyOf({ to: { type: 'group', value: 'G1' } })).toMatchObject({ recipient_type: 'group', to: 'G1' });
  });

  it('templates by name, and reactions without a quote', async () => {
    const template = { kind: 'template', name: 'hello', language: 'en_US', components: [], file: null } as const;
    expect(await bodyOf({ content: template })).toMatchObject({
      type: 'template',
      template: { name: 'hello', language: { code: 'en_US' } },
    });
    const reaction = { kind: 'reaction', targetId: 'wamid.T', targetFromMe: false, emoji: '' } as const;
    const json = await bodyOf({ content: reaction });
    expect(json).toMatchObject({ type: 'reaction', reaction: { message_id: 'wamid.T', emoji: '' } });
    expect(json).not.toHaveProperty('context');
  });

  it('read marks and typing name the message; typing without one is refused without a call', async () => {
    const { requests, post } = recordedPost(answered(200, { success: true }));
    const target = { to: request.to, providerMessageId: 'wamid.R' };
    expect(await markReadCloud(post, credentials, target)).toMatchObject({ kind: 'accepted' });
    await typingCloud(post, credentials, target);
    const read = { messaging_product: 'whatsapp', status: 'read', message_id: 'wamid.R' };
    expect(requests.map(({ json }) => json)).toEqual([read, { ...read, typing_indicator: { type: 'text' } }]);
    const without = await typingCloud(post, credentials, { ...target, providerMessageId: null });
    expect(without).toMatchObject({ kind: 'refused' });
    expect(requests).toHaveLength(2);
  });
});

const error = (status: number, code: number, headers = {}): HttpResult => {
  return answered(status, { error: { code, message: 'said Meta' } }, headers);
};

describe('what the answer means', () => {
  it('2xx with an id is accepted, with the address that Meta uses', async () => {
    expect(await outcomeOf(accepted)).toEqual({
      kind: 'accepted',
      providerMessageId: 'wamid.X',
      addresses: [{ type: 'wa_id', value: '553990000001' }],
    });
  });

  it.each([
    ['2xx without an id', answered(200, {})],
    ['131000, which proves nothing', error(500, 131000)],
    ['5xx without a body', answered(502, '<html>')],
    ['no answer after the request was written', { ok: false, sent: true, reason: 'timeout' } as const],
  ])('%s is unknown', async (_name, result) => {
    expect(await outcomeOf(result)).toMatchObject({ kind: 'unknown' });
  });

  it.each([
    ['slow', 130429],
    ['retry', 2],
    ['pair', 131056],
    ['pause', 131048],
    ['account', 190],
    ['account', 200],
    ['window', 131047],
    ['final', 131026],
    ['final', 987654],
  ])('%s: %i decides by its code, whatever the HTTP status', async (action, code) => {
    for (const status of [400, 429, 500]) {
      expect(await outcomeOf(error(status, code))).toMatchObject({
        kind: 'refused',
        failure: { action, code: String(code) },
      });
    }
  });

  it('waits as long as the carrier says, up to an hour', async () => {
    const wait = async (headers: Record<string, string>): Promise<unknown> => {
      const outcome = await outcomeOf(error(429, 130429, headers));
      return outcome.kind === 'refused' ? outcome.failure.retryAfterMs : 'not refused';
    };
    expect(await wait({ 'retry-after': '7' })).toBe(7000);
    expect(await wait({ 'retry-after': '999999' })).toBe(3_600_000);
    expect(await wait({ 'retry-after': 'soon' })).toBeNull();
    const date = 'Thu, 09 Oct 2025 08:53:20 GMT';
    expect(await wait({ 'retry-after': 'Thu, 09 Oct 2025 08:53:30 GMT', date })).toBe(10_000);
    expect(await wait({})).toBeNull();
  });

  it('every listed code has words for an agent', () => {
    for (const code of ['0', '131026', '131047', '131049', '132001', '470', '299']) {
      expect(failureOf(code, null).title).toMatch(/^[A-Z].{15,}/);
      expect(failureOf(code, null).title).not.toBe(failureOf('unlisted', null).title);
    }
  });
});
