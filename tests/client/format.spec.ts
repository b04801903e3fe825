import { describe, expect, it } from 'vitest';
import { shownName } from '../../client/src/components/format.ts';

describe('the name of a file', () => {
  it.each([
    ['invoice\u202Efdp.exe', 'invoice\uFFFDfdp.exe'],
    ['\u2067gpj.\u2069exe', '\uFFFDgpj.\uFFFDexe'],
  ])('cannot hide how it ends behind marks that turn the text around (%j)', (name, shown) => {
    expect(shownName(name)).toBe(shown);
  });

  it.each(['Menu of the day.pdf', 'תפריט\u200F.pdf', 'قائمة.pdf', '山田🎈.png'])(
    'is shown as it is else (%s)',
    (name) => {
      expect(shownName(name)).toBe(name);
    },
  );
});
