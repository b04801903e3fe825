import { describe, expect, it } from 'vitest';
import { MediaKind } from '../../src/contract/capabilities.ts';
import { refuseFile, type FileFacts } from '../../src/contract/media-limits.ts';
import { providers } from '../../src/providers/index.ts';

const can = {
  voice: true,
  media: {
    image: { maxBytes: 5 * 1024 * 1024, mimes: ['image/jpeg', 'image/png'] },
    audio: { maxBytes: 16 * 1024 * 1024, mimes: ['audio/ogg', 'audio/mpeg'] },
    document: { maxBytes: 1024, mimes: ['*/*'] },
  },
} as const;
const file = (over: Partial<FileFacts>): FileFacts => ({
  ...{ kind: 'image', mime: 'image/png', sizeBytes: 1000, voice: false },
  ...over,
});
const limits = { voice: can.voice, media: structuredClone(can.media) as never };

describe('a file and the limits of a number', () => {
  it('fits up to the last byte, and whatever type where any is taken', () => {
    expect(refuseFile(limits, file({ sizeBytes: 5 * 1024 * 1024 }))).toBeNull();
    expect(refuseFile(limits, file({ kind: 'document', mime: 'application/x-anything' }))).toBeNull();
    expect(refuseFile(limits, file({ kind: 'audio', mime: 'audio/ogg', voice: true }))).toBeNull();
  });

  it.each([
    [
      { sizeBytes: 5 * 1024 * 1024 + 1 },
      'payload_too_large',
      'Images may have at most 5 MB with this number; this file has 5.1 MB.',
    ],
    [
      { mime: 'image/tiff' },
      'unsupported',
      'A file of type image/tiff cannot be sent as an image. Possible: image/jpeg, image/png.',
    ],
    [{ kind: 'sticker', mime: 'image/webp' }, 'unsupported', 'This number cannot send stickers.'],
    [
      { kind: 'audio', mime: 'audio/mpeg', voice: true },
      'unsupported',
      'A file of type audio/mpeg cannot be sent as a voice message. Possible: audio/ogg.',
    ],
    [{ sizeBytes: 0 }, 'invalid_input', 'The file is empty.'],
  ] as const)('%o is refused in words', (over, code, message) => {
    expect(refuseFile(limits, file(over))).toEqual({ code, message });
  });

  it('a number without voice messages says so', () => {
    const refusal = refuseFile({ ...limits, voice: false }, file({ kind: 'audio', mime: 'audio/ogg', voice: true }));
    expect(refusal).toMatchObject({ code: 'unsupported' });
  });

  it.each(providers.map(({ name, capabilities }) => [name, capabilities] as const))(
    '%s has limits for exactly the kinds of file it can send',
    (_name, { kinds, media }) => {
      expect(Object.keys(media).sort()).toEqual(MediaKind.options.filter((kind) => kinds.includes(kind)).sort());
    },
  );
});
