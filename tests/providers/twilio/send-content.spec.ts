import { describe, expect, it } from 'vitest';
import { contentForm } from '../../../src/providers/twilio/send-content.ts';
import { aFile, CONTENT_NAMES, CONTENTS, type ContentName } from '../contents.ts';

const MediaUrl = 'https://inbox.test/api/media/public/token';

/** Absent: refused. */
const FORMS: Readonly<Partial<Record<ContentName, object>>> = {
  text: { Body: 'see https://x.test' },
  'text without a preview': { Body: 'see https://x.test' },
  image: { MediaUrl, Body: 'Look' },
  video: { MediaUrl },
  audio: { MediaUrl },
  voice: { MediaUrl },
  document: { MediaUrl, Body: 'The offer' },
  sticker: { MediaUrl },
  location: { Body: 'Shop, Rua Augusta 1', PersistentAction: 'geo:38.7,-9.1|Shop' },
  template: {
    ContentSid: `HX${'0'.repeat(32)}`,
    ContentVariables: JSON.stringify({ 1: MediaUrl, 2: 'Ada', 3: '7 €', 4: 'order-7' }),
  },
};

describe('what goes to Twilio', () => {
  it.each(Object.entries(FORMS))('%s', (name, form) => {
    expect(contentForm(CONTENTS[name as ContentName])).toEqual({ form });
  });

  it.each(CONTENT_NAMES.filter((name) => FORMS[name] === undefined))('%s: refused', (name) => {
    expect(contentForm(CONTENTS[name])).toMatchObject({ kind: 'refused', failure: { code: 'unsupported' } });
  });

  it('values without a name get the numbers that the named ones leave', () => {
    const components = [
      { type: 'header', parameters: [{ type: 'image', image: { link: 'https://x.test/a.png' } }] },
      { type: 'body', parameters: [{ type: 'text', parameter_name: '1', text: 'Ada' }] },
      { type: 'button', sub_type: 'url', index: 0, parameters: [{ type: 'text', text: 'order-7' }] },
    ] as const;
    const content = { ...CONTENTS.template, components: components as never, file: null };
    expect(contentForm(content)).toMatchObject({
      form: { ContentVariables: JSON.stringify({ 2: 'https://x.test/a.png', 1: 'Ada', 3: 'order-7' }) },
    });
  });

  it('a place without words is its position', () => {
    expect(contentForm({ kind: 'location', location: { latitude: 1.5, longitude: -2 } })).toEqual({
      form: { Body: '1.5, -2', PersistentAction: 'geo:1.5,-2' },
    });
  });

  it('a file that Twilio could not fetch is refused, with what an administrator must do', () => {
    const file = aFile(Buffer.from('x'), { publicUrl: null });
    const refusal = { kind: 'refused', failure: { code: 'no_public_url', action: 'final' } };
    expect(contentForm({ kind: 'image', file, caption: null })).toMatchObject(refusal);
    expect(contentForm({ ...CONTENTS.template, file })).toMatchObject(refusal);
  });
});
