import { describe, expect, it } from 'vitest';
import { drawnAs } from '../../client/src/components/attachments/drawn-as.ts';

describe('an attachment is drawn', () => {
  it.each([
    ['sticker', 'image/webp', 'sticker'],
    ['document', 'image/png', 'document'],
    ['interactive', 'image/png', 'image'],
    ['interactive', 'video/mp4', 'video'],
    ['template', 'application/pdf', 'document'],
  ] as const)('%s of type %s as %s', (kind, mime, shown) => {
    expect(drawnAs({ kind }, { mime })).toBe(shown);
  });
});
