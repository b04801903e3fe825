import { limitWords, qualityWords } from '../../client/src/screens/numbers/provider-words.ts';
import { describe, expect, it } from 'vitest';
import { constantWords, languageName, shownName, untilTime } from '../../client/src/components/format.ts';

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

it('what carriers write for machines is said as people say it, and as it is where nobody knows better', () => {
  expect(languageName('pt_BR')).toContain('Portug');
  expect(languageName('no such language')).toBe('no such language');
  expect(constantWords('HIGH_VOLUME')).toBe('High volume');
  expect([qualityWords('GREEN'), qualityWords('UNKNOWN')]).toEqual(['High', 'Unknown']);
  expect(limitWords('TIER_250')).toBe('250 new conversations a day');
  expect(limitWords('TIER_2K')).toMatch(/^2.?000 new conversations a day$/);
  expect(limitWords('TIER_UNLIMITED')).toBe('Unlimited');
});

describe('until when something rests', () => {
  const now = new Date(2026, 0, 14, 17, 0).getTime();
  const at = (day: number, hour: number): string => new Date(2026, 0, day, hour, 0).toISOString();

  it('is the time today, weekday and time within a week, and the date from there on', () => {
    const hour = untilTime(at(14, 9), now);
    expect(hour).toMatch(/^9:00/);
    expect(untilTime(at(15, 9), now)).toBe(`Thu ${hour}`);
    expect(untilTime(at(20, 9), now)).toBe(`Tue ${hour}`);
    expect(untilTime(at(21, 9), now)).toMatch(/21/);
    expect(untilTime(at(21, 9), now)).not.toContain(hour);
  });
});
