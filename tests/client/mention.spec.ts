import { describe, expect, it } from 'vitest';
import { matching, namedIn, typedAt, withName } from '../../client/src/components/composer/mention.ts';
import type { Member } from '../../src/contract/entities.ts';
import { aMember, id } from './example.ts';

const member = (number: number, displayName: string, over: Partial<Member> = {}): Member => ({
  ...aMember(id('p', number)),
  displayName,
  ...over,
});

const ANA = member(1, 'Ana');
const ANA_PRADO = member(2, 'Ana Prado');
const LENA = member(3, 'Lena Lead');
const NURA = member(4, 'نورا');
const TEAM = [LENA, ANA_PRADO, ANA, NURA];

describe('a name that is being typed', () => {
  it.each([
    ['@', 0, ''],
    ['Ask @le', 4, 'le'],
    ['(@Lena Le', 1, 'Lena Le'],
    ['@Ana and @Le', 9, 'Le'],
    ['@نو', 0, 'نو'],
  ])('begins with the last @ before the cursor: %s', (text, start, query) => {
    expect(typedAt(text, text.length)).toEqual({ start, query });
  });

  it.each(['', 'Ask Lena', 'mail ana@demo.test', '@Lena\nLead'])('is not in: %s', (text) => {
    expect(typedAt(text, text.length)).toBeNull();
  });

  it('fits who is called so, by any part of the name, and nobody once it is whole and a word follows', () => {
    expect(matching(TEAM, '').map(({ displayName }) => displayName)).toHaveLength(4);
    expect(matching(TEAM, 'LE')).toEqual([LENA]);
    expect(matching(TEAM, 'pra')).toEqual([ANA_PRADO]);
    expect(matching(TEAM, 'an')).toEqual([ANA, ANA_PRADO]);
    expect(matching(TEAM, 'نو')).toEqual([NURA]);
    expect(matching(TEAM, 'Lena Lead ')).toEqual([]);
  });

  it('becomes the whole name, and the cursor stands behind it and one space', () => {
    expect(withName('Ask @le', { start: 4, query: 'le' }, 'Lena Lead')).toEqual({
      text: 'Ask @Lena Lead ',
      cursor: 15,
    });
    expect(withName('@le now', { start: 0, query: 'le' }, 'Lena Lead')).toEqual({ text: '@Lena Lead now', cursor: 11 });
  });
});

describe('a note', () => {
  it('names the longer of two names that begin alike, and both when both stand there', () => {
    expect(namedIn('For @Ana Prado', TEAM)).toEqual([ANA_PRADO.id]);
    expect(new Set(namedIn('For @Ana Prado and @Ana', TEAM))).toEqual(new Set([ANA_PRADO.id, ANA.id]));
    expect(namedIn('For Ana', TEAM)).toEqual([]);
  });

  it.each(['@Anabel', '@Ana2', '@Anaïs', '@Anä', '@Ana\u0308', 'ana@Ana', '@ Ana'])(
    'does not name somebody whose name only begins a word: %s',
    (text) => {
      expect(namedIn(text, TEAM)).toEqual([]);
    },
  );

  it.each([
    '@Ana',
    '@Ana.',
    '@Ana’s',
    '@Ana, please',
    '(@Ana)',
    '@Ana\nPrado',
    '@Ana-Maria?',
    '@Anabel @Ana',
    '@Ana@Anabel',
  ])('names somebody whose name is a whole word: %s', (text) => {
    expect(namedIn(text, TEAM)).toEqual([ANA.id]);
  });

  it('names a longer name that has no shorter one in it, and the shorter one where the longer is another word', () => {
    expect(namedIn('@Ana Pradossa', TEAM)).toEqual([ANA.id]);
    expect(namedIn('@نورا، شكرا', TEAM)).toEqual([NURA.id]);
    expect(namedIn('@نوراني', TEAM)).toEqual([]);
  });

  it('names somebody in a script that leaves no space between words', () => {
    const [tanaka, tanakaKen] = [member(7, '田中'), member(8, '田中健')];
    expect(namedIn('@田中さん、お願いします', [tanaka, tanakaKen])).toEqual([tanaka.id]);
    expect(namedIn('@田中健さん', [tanaka, tanakaKen])).toEqual([tanakaKen.id]);
    const somchai = member(9, 'สมชาย');
    expect(namedIn('@สมชายครับ', [somchai])).toEqual([somchai.id]);
  });

  it('names everybody of a name, and nobody who may see no conversation', () => {
    const twin = member(5, 'Ana');
    const operator = member(6, 'Olga Operator', { role: 'super_admin' });
    expect(namedIn('@Ana and @Olga Operator', [ANA, twin, operator])).toEqual([ANA.id, twin.id]);
  });
});
