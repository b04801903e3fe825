import { describe, expect, it } from 'vitest';
import { cloudCapabilities } from '../../src/providers/cloud/capabilities.ts';
import { parsePlace } from '../../client/src/components/composer/place-text.ts';
import { fitFile, takesAudio, type FileFit } from '../../client/src/sync/file-limits.ts';

const MB = 1024 * 1024;

describe('a place in what somebody pastes', () => {
  const place = { latitude: 52.5163, longitude: 13.3777 };

  it.each([
    '52.5163, 13.3777',
    '52.5163 13.3777',
    '(52.5163, 13.3777)',
    'geo:52.5163,13.3777?z=12',
    'https://www.google.com/maps?q=52.5163,13.3777',
    'https://maps.google.com/?q=loc:52.5163%2C13.3777',
    'https://www.google.com/maps/place/Gate/@52.51,13.37,17z/data=!3m1!4b1!4m6!3m5!1s0x0:0x0!8m2!3d52.5163!4d13.3777',
    'https://www.google.com/maps/@52.5163,13.3777,17z',
    'https://www.openstreetmap.org/?mlat=52.5163&mlon=13.3777#map=16/1/2',
    'https://www.openstreetmap.org/#map=16/52.5163/13.3777',
    'https://maps.apple.com/?ll=52.5163,13.3777',
  ])('is found in %s', (text) => {
    expect(parsePlace(text)).toEqual(place);
  });

  it.each(['', 'here', '91, 0', '0, 181', 'https://maps.app.goo.gl/abc', '12', '+1 555 010 0199'])(
    'is not seen in “%s”',
    (text) => {
      expect(parsePlace(text)).toBeNull();
    },
  );
});

describe('a file', () => {
  const fit = (type: string, size: number) => fitFile({ type, size }, cloudCapabilities);
  const noteOf = (fitted: FileFit) => (fitted.ok && fitted.kind === 'document' ? fitted.note : null);
  const reasonOf = (fitted: FileFit) => (fitted.ok ? null : fitted.reason);

  it('goes out as what it is', () => {
    expect(fit('image/jpeg', MB)).toEqual({ ok: true, kind: 'image', note: null });
    expect(fit('video/mp4', MB)).toEqual({ ok: true, kind: 'video', note: null });
    expect(fit('audio/ogg; codecs=opus', MB)).toEqual({ ok: true, kind: 'audio', note: null });
    expect(fit('application/pdf', MB)).toEqual({ ok: true, kind: 'document', note: null });
    expect(fit('', MB)).toEqual({ ok: true, kind: 'document', note: null });
  });

  it('goes out as a document where it is too large or of a rare type, and says so', () => {
    expect(noteOf(fit('image/jpeg', 6 * MB))).toContain('5 MB');
    expect(noteOf(fit('image/svg+xml', MB))).toContain('image/svg+xml');
  });

  it('is refused with the reason before anything is uploaded', () => {
    expect(reasonOf(fit('application/pdf', 101 * MB))).toContain('100 MB');
    expect(fit('image/png', 0)).toMatchObject({ ok: false });
    expect(fitFile({ type: 'image/png', size: 1 }, { media: {}, voice: false })).toMatchObject({ ok: false });
  });

  it('recorded in a format that the number does not take is not offered', () => {
    expect(takesAudio('audio/ogg;codecs=opus', cloudCapabilities)).toBe(true);
    expect(takesAudio('audio/webm;codecs=opus', cloudCapabilities)).toBe(false);
  });
});
