import { describe, expect, it } from 'vitest';
import { InboxError } from '../../src/contract/errors.ts';
import { storableInput } from '../../src/inbox/input.ts';
import { decodePageEnd } from '../../src/inbox/threads/page.ts';

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return error instanceof InboxError ? error.code : String(error);
  }
  return 'accepted';
}

describe('input of a command', () => {
  it.each([
    ['a buffer, which would be listed byte by byte', Buffer.alloc(200_000)],
    ['a buffer inside', { q: Buffer.alloc(10) }],
    ['an array buffer', [new ArrayBuffer(8)]],
    ['more values than any command has', Array.from({ length: 100_000 }, () => 0)],
    ['more values than any command has, spread out', Array.from({ length: 100 }, () => Array.from({ length: 100 }))],
    ['more keys than any command has', Object.fromEntries(Array.from({ length: 20_000 }, (_, key) => [key, 0]))],
  ])('is refused when it is %s', (_, value) => {
    expect(codeOf(() => storableInput(value))).toBe('invalid_input');
  });

  it('of ordinary size passes, in a copy', () => {
    const input = { text: 'a', tags: Array.from({ length: 20 }, () => 't'), nested: { a: [{ b: 1 }] } };
    expect(storableInput(input)).toEqual(input);
  });
});

describe('a forged page cursor', () => {
  const forged = (at: string): string =>
    Buffer.from(JSON.stringify([at, '01a20a55-474c-7b5b-bff8-2af9a2567af4'])).toString('base64url');

  it.each(['0000-01-01T00:00:00.000000Z', '9999-99-99T99:99:99.000000Z', "2026-01-01'; drop table threads; --"])(
    'at %s is invalid input, not a failure of the database',
    (at) => {
      expect(codeOf(() => decodePageEnd(forged(at), 'newest'))).toBe('invalid_input');
    },
  );

  it('of the right shape is read', () => {
    expect(decodePageEnd(forged('2026-01-01T00:00:00.000000Z'), 'newest').at).toBe('2026-01-01T00:00:00.000000Z');
  });
});
