import { describe, expect, it } from 'vitest';
import { markReadEvolution, sendEvolution, typingEvolution } from '../../../src/providers/evolution/send.ts';
import type { HttpResult, SendOutcome, SendRequest } from '../../../src/providers/sending.ts';
import { answered, recordedPost } from '../recorded-post.ts';

const credentials = { baseUrl: 'http://evo.test/', externalId: 'loja são', accessToken: 'key' };
const accepted = answered(201, { key: { remoteJid: '553990000001@s.whatsapp.net', fromMe: true, id: '3EB0' } });

const request: SendRequest = {
  messageId: '01890000-0000-7000-8000-00000000000a',
  to: { type: 'wa_id', value: '5539990000001' },
  content: { kind: 'text', text: 'oi', linkPreview: true },
  quoteId: '3AQ',
  uploadedId: null,
};

async function outcomeOf(result: HttpResult, more: Partial<SendRequest> = {}): Promise<SendOutcome> {
  return sendEvolution(recordedPost(result).post, credentials, { ...request, ...more });
}

async function bodyOf(more: Partial<SendRequest>): Promise<unknown> {
  const { requests, post } = recordedPost(accepted);
  await sendEvolution(post, credentials, { ...request, ...more });
  return requests[0]?.json;
}

describe('what goes to the server', () => {
  it('a text with its quote and an id of our own, under the instance’s name', async () => {
    const { requests, post } = recordedPost(accepted);
    await sendEvolution(post, credentials, request);
    expect(requests).toEqual([
      {
        url: 'http://evo.test/message/sendText/loja%20s%C3%A3o',
        headers: { apikey: 'key' },
        json: {
          number: '5539990000001',
          text: 'oi',
          linkPreview: true,
          messageId: '0189000000007000800000000000000A',
          quoted: { key: { id: '3AQ' } },
        },
      },
    ]);
  });

  it('LIDs and groups go as JIDs, a JID goes as it is', async () => {
    expect(await bodyOf({ to: { type: 'lid', value: '2200' } })).toMatchObject({ number: '2200@lid' });
    expect(await bodyOf({ to: { type: 'group', value: '1203-1' } })).toMatchObject({ number: '1203-1@g.us' });
    expect(await bodyOf({ to: { type: 'lid', value: '2200@lid' } })).toMatchObject({ number: '2200@lid' });
  });

  it('a reaction names the message in our perspective', async () => {
    const content = { kind: 'reaction', targetId: '3AT', targetFromMe: true, emoji: '👍' } as const;
    const key = { remoteJid: '5539990000001@s.whatsapp.net', fromMe: true, id: '3AT' };
    expect(await bodyOf({ content })).toEqual({ key, reaction: '👍' });
  });

  it('read marks and a typing that holds the call only briefly', async () => {
    const { requests, post } = recordedPost(answered(201, { read: 'success' }));
    const target = { to: request.to, providerMessageId: '3AR' };
    expect(await markReadEvolution(post, credentials, target)).toMatchObject({ kind: 'accepted' });
    expect(await typingEvolution(post, credentials, target)).toMatchObject({ kind: 'accepted' });
    const remoteJid = '5539990000001@s.whatsapp.net';
    expect(requests.map(({ json }) => json)).toEqual([
      { readMessages: [{ remoteJid, fromMe: false, id: '3AR' }] },
      { number: '5539990000001', presence: 'composing', delay: 500 },
    ]);
  });

  it('templates are refused without a call', async () => {
    const content = { kind: 'template', name: 'x', language: 'en', components: [], file: null } as const;
    expect(await outcomeOf(accepted, { content })).toMatchObject({ failure: { action: 'final', code: 'unsupported' } });
  });
});

const said = (status: number, message: unknown): HttpResult => answered(status, { status, response: { message } });

describe('what the answer means', () => {
  it('a key is accepted, and its JID is where the message really went', async () => {
    expect(await outcomeOf(accepted)).toEqual({
      kind: 'accepted',
      providerMessageId: '3EB0',
      addresses: [{ type: 'wa_id', value: '553990000001' }],
    });
  });

  it.each([
    ['400 because the phone is not connected', said(400, ['Error: Connection Closed']), 'retry', 'not_connected'],
    ['500 because the phone is not connected', said(500, 'Connection Closed'), 'retry', 'not_connected'],
    ['400 for a number that has no WhatsApp', said(400, [{ exists: false, number: '1' }]), 'final', 'not_on_whatsapp'],
    ['400 for anything else', said(400, [['text is required']]), 'final', 'http_400'],
    ['401', said(401, 'Unauthorized'), 'account', 'http_401'],
    ['404', said(404, ['The "x" instance does not exist']), 'account', 'http_404'],
    ['429', said(429, 'slow down'), 'slow', 'http_429'],
    ['503 LICENSE_REQUIRED', answered(503, { error: 'LICENSE_REQUIRED' }), 'account', 'license_required'],
    ['a connection that was refused', { ok: false, sent: false, reason: '' } as const, 'retry', 'unreachable'],
  ])('%s', async (_name, result, action, code) => {
    expect(await outcomeOf(result)).toMatchObject({ kind: 'refused', failure: { action, code } });
  });

  it.each([
    ['2xx without a key', answered(201, {})],
    ['500 that says nothing', said(500, 'Internal Server Error')],
    ['a timeout between server and phone', said(400, 'Timed Out')],
    ['no answer after the request was written', { ok: false, sent: true, reason: 'reset' } as const],
  ])('%s is unknown', async (_name, result) => {
    expect(await outcomeOf(result)).toMatchObject({ kind: 'unknown' });
  });
});
