import { describe, expect, it } from 'vitest';
import { sendEvolution } from '../../../src/providers/evolution/send.ts';
import type { SendContent, SendRequest } from '../../../src/providers/sending.ts';
import { aFile, CONTENT_NAMES, CONTENTS, type ContentName } from '../contents.ts';
import { answered, recordedPost, streamedText } from '../recorded-post.ts';

const credentials = { baseUrl: 'http://evo.test', externalId: 'acme', accessToken: 'key' };
const accepted = answered(201, { key: { remoteJid: '15550100101@s.whatsapp.net', fromMe: true, id: '3EB0' } });
const request = (content: SendContent): SendRequest => ({
  messageId: '01890000-0000-7000-8000-00000000000a',
  to: { type: 'wa_id', value: '15550100101' },
  content,
  quoteId: '3AQ',
  uploadedId: null,
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Path, and what is in the body besides number, id and quote. */
const CALLS: Readonly<Partial<Record<ContentName, readonly [string, object]>>> = {
  text: ['sendText', { text: 'see https://x.test', linkPreview: true }],
  'text without a preview': ['sendText', { text: 'see https://x.test', linkPreview: false }],
  image: [
    'sendMedia',
    {
      ...{ mediatype: 'image', mimetype: 'image/png', caption: 'Look', fileName: 'offer "one".png' },
      media: base64('bytes of the image'),
    },
  ],
  video: [
    'sendMedia',
    {
      ...{ mediatype: 'video', mimetype: 'video/mp4', fileName: 'offer "one".png' },
      media: base64('bytes of the video'),
    },
  ],
  audio: [
    'sendMedia',
    {
      ...{ mediatype: 'audio', mimetype: 'audio/mpeg', fileName: 'offer "one".png' },
      media: base64('bytes of the audio'),
    },
  ],
  voice: ['sendWhatsAppAudio', { audio: base64('bytes of the audio') }],
  document: [
    'sendMedia',
    {
      ...{ mediatype: 'document', mimetype: 'application/pdf', caption: 'The offer', fileName: 'offer.pdf' },
      media: base64('bytes of the document'),
    },
  ],
  sticker: ['sendSticker', { sticker: base64('bytes of the sticker') }],
  location: ['sendLocation', { latitude: 38.7, longitude: -9.1, name: 'Shop', address: 'Rua Augusta 1' }],
  contacts: [
    'sendContact',
    { contact: [{ fullName: 'Ada Example', phoneNumber: '+1 555 010 0101', email: 'a@x.test' }] },
  ],
  poll: ['sendPoll', { name: 'Which day?', values: ['Monday', 'Tuesday'], selectableCount: 1 }],
};

const REFUSED = CONTENT_NAMES.filter((name) => CALLS[name] === undefined);

describe('what goes to the server', () => {
  it.each(Object.entries(CALLS))('%s', async (name, [call, body]) => {
    const { requests, post } = recordedPost(accepted);
    expect(await sendEvolution(post, credentials, request(CONTENTS[name as ContentName]))).toMatchObject({
      kind: 'accepted',
    });
    const [sent] = requests;
    expect(sent?.url).toBe(`http://evo.test/message/${call}/acme`);
    const json: unknown = sent?.json ?? JSON.parse(await streamedText(sent));
    expect(json).toEqual({
      ...{ number: '15550100101', messageId: '0189000000007000800000000000000A', quoted: { key: { id: '3AQ' } } },
      ...body,
    });
  });

  it.each(REFUSED)('%s: refused without a call', async (name) => {
    const { requests, post } = recordedPost(accepted);
    const outcome = await sendEvolution(post, credentials, request(CONTENTS[name]));
    expect(outcome).toMatchObject({ kind: 'refused', failure: { code: 'unsupported', action: 'final' } });
    expect(requests).toEqual([]);
  });

  it('a poll of which several options may be chosen says so', async () => {
    const { requests, post } = recordedPost(accepted);
    await sendEvolution(post, credentials, request({ kind: 'poll', poll: { ...CONTENTS.poll.poll, multiple: true } }));
    expect(requests[0]?.json).toMatchObject({ selectableCount: 0 });
  });

  it('a place without words gets its position as name and address, which the server insists on', async () => {
    const { requests, post } = recordedPost(accepted);
    await sendEvolution(post, credentials, request({ kind: 'location', location: { latitude: 1.5, longitude: -2 } }));
    expect(requests[0]?.json).toMatchObject({ name: '1.5, -2', address: '1.5, -2' });
  });

  it('a file of any length arrives whole, whatever the pieces it is read in', async () => {
    for (let bytes = 1; bytes <= 12; bytes += 1) {
      const content = Buffer.alloc(bytes, 'ä');
      const { requests, post } = recordedPost(accepted);
      await sendEvolution(post, credentials, request({ kind: 'image', file: aFile(content), caption: null }));
      const { media } = JSON.parse(await streamedText(requests[0])) as { media: string };
      expect(Buffer.from(media, 'base64').equals(content)).toBe(true);
    }
  });
});
