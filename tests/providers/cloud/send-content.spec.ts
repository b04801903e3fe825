import { describe, expect, it } from 'vitest';
import { contentOf } from '../../../src/providers/cloud/send-content.ts';
import { uploadCloud } from '../../../src/providers/cloud/upload.ts';
import type { HttpResult, UploadOutcome } from '../../../src/providers/sending.ts';
import {
  aFile,
  BUTTONS,
  CONTENTS,
  FLOW,
  LOCATION_REQUEST,
  PRODUCT,
  PRODUCT_LIST,
  type ContentName,
} from '../contents.ts';
import { answered, recordedPost, streamedText } from '../recorded-post.ts';

const credentials = { baseUrl: 'https://graph.test', externalId: '100000000000001', accessToken: 'token' };

/** A poll is refused. */
const BODIES: Readonly<Record<Exclude<ContentName, 'poll'>, object>> = {
  text: { type: 'text', text: { body: 'see https://x.test', preview_url: true } },
  'text without a preview': { type: 'text', text: { body: 'see https://x.test', preview_url: false } },
  image: { type: 'image', image: { id: 'M1', caption: 'Look' } },
  video: { type: 'video', video: { id: 'M1' } },
  audio: { type: 'audio', audio: { id: 'M1' } },
  voice: { type: 'audio', audio: { id: 'M1', voice: true } },
  document: { type: 'document', document: { id: 'M1', caption: 'The offer', filename: 'offer.pdf' } },
  sticker: { type: 'sticker', sticker: { id: 'M1' } },
  location: {
    type: 'location',
    location: { latitude: 38.7, longitude: -9.1, name: 'Shop', address: 'Rua Augusta 1' },
  },
  contacts: {
    type: 'contacts',
    contacts: [
      {
        name: { formatted_name: 'Ada Example', first_name: 'Ada Example' },
        phones: [{ phone: '+1 555 010 0101', wa_id: '15550100101' }],
        emails: [{ email: 'a@x.test' }],
      },
    ],
  },
  buttons: { type: 'interactive', interactive: BUTTONS },
  'buttons under a picture': {
    type: 'interactive',
    interactive: { ...BUTTONS, header: { type: 'image', image: { id: 'M1' } } },
  },
  'a link under a document': {
    type: 'interactive',
    interactive: {
      type: 'cta_url',
      header: { type: 'document', document: { id: 'M1', filename: 'a.pdf' } },
      body: { text: 'Pay here' },
      action: { name: 'cta_url', parameters: { display_text: 'Pay', url: 'https://pay.test/7' } },
    },
  },
  flow: { type: 'interactive', interactive: FLOW },
  product: { type: 'interactive', interactive: PRODUCT },
  'product list': { type: 'interactive', interactive: PRODUCT_LIST },
  'location request': { type: 'interactive', interactive: LOCATION_REQUEST },
  list: {
    type: 'interactive',
    interactive: {
      type: 'list',
      body: { text: 'Which colour?' },
      action: { button: 'Colours', sections: [{ rows: [{ id: 'b', title: 'Blue', description: 'Dark' }] }] },
    },
  },
  link: {
    type: 'interactive',
    interactive: {
      type: 'cta_url',
      body: { text: 'Pay here' },
      action: { name: 'cta_url', parameters: { display_text: 'Pay', url: 'https://pay.test/7' } },
    },
  },
  template: {
    type: 'template',
    template: {
      name: `HX${'0'.repeat(32)}`,
      language: { code: 'en_US' },
      components: [
        { type: 'header', parameters: [{ type: 'document', document: { id: 'M1', filename: 'a.pdf' } }] },
        {
          type: 'body',
          parameters: [
            { type: 'text', text: 'Ada' },
            { type: 'currency', currency: { fallback_value: '7 €', code: 'EUR', amount_1000: 7000 } },
          ],
        },
        { type: 'button', sub_type: 'url', index: '1', parameters: [{ type: 'text', text: 'order-7' }] },
      ],
    },
  },
};

describe('what goes to the Graph API', () => {
  it.each(Object.entries(BODIES))('%s', (name, body) => {
    expect(contentOf({ content: CONTENTS[name as ContentName], uploadedId: 'M1' })).toEqual(body);
  });
});

describe('an upload', () => {
  const upload = (result: HttpResult): Promise<UploadOutcome> =>
    uploadCloud(recordedPost(result).post, credentials, aFile(Buffer.from('bytes')));

  it('streams the file with its type and name, and gives Meta’s id', async () => {
    const { requests, post } = recordedPost(answered(200, { id: '5001' }));
    expect(await uploadCloud(post, credentials, aFile(Buffer.from('bytes')))).toEqual({
      kind: 'uploaded',
      uploadedId: '5001',
    });
    const [request] = requests;
    expect(request).toMatchObject({
      url: 'https://graph.test/v24.0/100000000000001/media',
      headers: { authorization: 'Bearer token' },
    });
    const body = await streamedText(request);
    const parts = body.split(/--[-\w]+(?:--)?\r\n/).filter((part) => part !== '');
    expect(parts).toEqual([
      'content-disposition: form-data; name="messaging_product"\r\n\r\nwhatsapp\r\n',
      'content-disposition: form-data; name="type"\r\n\r\nimage/png\r\n',
      'content-disposition: form-data; name="file"; filename="offer %22one%22.png"\r\ncontent-type: image/png\r\n\r\nbytes\r\n',
    ]);
  });

  it.each<[string, HttpResult]>([
    ['silence', { ok: false, sent: true, reason: 'no answer' }],
    ['a connection that was never made', { ok: false, sent: false, reason: 'ECONNREFUSED' }],
    ['a server that failed', answered(500, '')],
    ['an answer without an id', answered(200, {})],
    ['"something went wrong"', answered(500, { error: { code: 131000 } })],
  ])('after %s it is tried again: nothing of it has reached the customer', async (_what, result) => {
    expect(await upload(result)).toMatchObject({ kind: 'refused', failure: { action: 'retry' } });
  });

  it('a refusal with a code is decided by the code', async () => {
    expect(await upload(answered(401, { error: { code: 190 } }))).toMatchObject({ failure: { action: 'account' } });
    expect(await upload(answered(400, { error: { code: 131053 } }))).toMatchObject({ failure: { action: 'final' } });
  });
});
