import { describe, expect, it } from 'vitest';
import { contentForm } from '../../../src/providers/twilio/send-content.ts';
import { aFile, CONTENTS, type ContentName } from '../contents.ts';

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

  it.each(['sticker', 'contacts', 'buttons', 'list', 'link'] as const)('%s: refused', (name) => {
    expect(contentForm(CONTENTS[name])).toMatchObject({ kind: 'refused', failure: { code: 'unsupported' } });
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
