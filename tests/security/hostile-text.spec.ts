import { describe, expect, it } from 'vitest';
import { webAddress } from '../../client/src/components/loose.ts';
import { parseRichText } from '../../client/src/components/rich-text.ts';

/** As long as a provider's text may be. */
const LONGEST = 65_536;
const filled = (pattern: string): string => pattern.repeat(Math.floor(LONGEST / pattern.length));

describe('a text made to freeze the page of whoever reads it', () => {
  it.each([
    ['marks that never close', filled(' *a')],
    ['marks of all kinds', filled('*_~a ')],
    ['a link that ends in signs, almost', `http://a${'.'.repeat(LONGEST)}x`],
    ['code that never closes', `\`\`\`${filled('a``')}`],
  ])('is drawn like any other: %s', { timeout: 5000 }, (_, text) => {
    expect(parseRichText(text).length).toBeGreaterThan(0);
  });

  it('keeps its marks and links', () => {
    expect(parseRichText('*a* https://b.test/c?d).')).toEqual([
      { type: 'bold', pieces: [{ type: 'text', text: 'a' }] },
      { type: 'text', text: ' ' },
      { type: 'link', text: 'https://b.test/c?d', href: 'https://b.test/c?d' },
      { type: 'text', text: ').' },
    ]);
  });
});

describe('an address in a message', () => {
  it.each([
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'data:text/html,x',
    '//evil.test',
    'http://[',
    'https://',
    null,
  ])('is no link when it is %s', (text) => {
    expect(webAddress(text)).toBeNull();
  });

  it('is a link when a browser can open it', () => {
    expect(webAddress('https://a.test/x')).toBe('https://a.test/x');
  });
});
