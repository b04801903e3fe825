import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertNever } from '../../src/lib/assert-never.ts';
import { backoffMs, pause } from '../../src/lib/backoff.ts';
import { DeadlineError, withDeadline } from '../../src/lib/deadline.ts';
import { fingerprint, shardOf } from '../../src/lib/hash.ts';
import { matchKey } from '../../src/lib/phone-match.ts';
import { cleanText } from '../../src/lib/text.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';

describe('uuid7', () => {
  it('is a version 7 UUID that carries the instant it was given', () => {
    const id = uuid7(0x0123456789ab);
    expect(id).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('sorts in the order of making, also many within a millisecond', () => {
    const ids = Array.from({ length: 20_000 }, () => uuid7());
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('sorts within one given instant, and a far instant does not spoil later ids', () => {
    const ids = Array.from({ length: 3000 }, () => uuid7(1_700_000_000_000));
    expect([...ids].sort()).toEqual(ids);
    uuid7(4_000_000_000_000);
    expect(Number.parseInt(uuid7().replaceAll('-', '').slice(0, 12), 16)).toBeLessThan(4_000_000_000_000);
  });
});

describe('cleanText', () => {
  it('never gives what Postgres refuses, and never more than asked', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.array(fc.integer({ min: 0, max: 0xffff })),
        fc.nat(50),
        (text, units, max) => {
          const clean = cleanText(text + String.fromCharCode(...units), max);
          expect(clean.isWellFormed()).toBe(true);
          expect(clean).not.toContain('\u0000');
          expect(clean.length).toBeLessThanOrEqual(max);
        },
      ),
    );
  });

  it('leaves good text alone and does not cut an emoji in half', () => {
    expect(cleanText('Olá 👋', 50)).toBe('Olá 👋');
    expect(cleanText('ab👋', 3)).toBe('ab');
    expect(cleanText('a\u0000b\ud800', 10)).toBe('ab\ufffd');
  });
});

describe('matchKey', () => {
  const key = (value: string, type = 'wa_id'): string => matchKey({ type, value });

  it('joins the spellings of one mobile', () => {
    expect(key('5511987654321')).toBe(key('551187654321'));
    expect(key('+55 11 98765-4321')).toBe(key('551187654321'));
    expect(key('5215512345678')).toBe(key('525512345678'));
    expect(key('5491123456789')).toBe(key('541123456789'));
    expect(key('+15550001111')).toBe(key('15550001111'));
  });

  it('keeps different people apart', () => {
    expect(key('5511941234567')).not.toBe(key('551141234567'));
    expect(key('5511987654321')).not.toBe(key('5521987654321'));
    expect(key('15550001111')).not.toBe(key('15550001112'));
    expect(key('5219')).toBe('5219');
  });

  it('lowers the case where case does not matter, and only there', () => {
    expect(key('Maria@LID', 'lid')).toBe('maria@lid');
    expect(key('US.AbC', 'bsuid')).toBe('US.AbC');
  });

  const digits = (length: number, first = '0-9'): fc.Arbitrary<string> =>
    fc.stringMatching(new RegExp(`^[${first}][0-9]{${String(length - 1)}}$`));
  const areaCode = fc.integer({ min: 11, max: 99 }).filter((code) => code % 10 !== 0);
  /** Both spellings of one mobile. */
  const twins = fc.oneof(
    fc
      .tuple(areaCode, digits(8, '6-9'))
      .map(([area, rest]) => [`55${String(area)}9${rest}`, `55${String(area)}${rest}`]),
    digits(10).map((rest) => [`521${rest}`, `52${rest}`]),
    digits(10).map((rest) => [`549${rest}`, `54${rest}`]),
  ) as fc.Arbitrary<[string, string]>;
  const asWritten = fc.constantFrom('', '+', '00', 'whatsapp:+');

  it('joins both spellings of every mobile of Brazil, Mexico and Argentina, however they are written', () => {
    fc.assert(
      fc.property(twins, asWritten, asWritten, ([long, short], one, other) => {
        expect(key(one + long)).toBe(key(other + short));
        expect(key(key(one + long))).toBe(key(long));
      }),
    );
  });

  it('never joins two subscribers, two area codes or two countries', () => {
    fc.assert(
      fc.property(twins, twins, fc.boolean(), ([, short], [otherLong, otherShort], swap) => {
        fc.pre(short !== otherShort);
        expect(key(short)).not.toBe(key(swap ? otherLong : otherShort));
      }),
    );
    fc.assert(
      fc.property(areaCode, areaCode, digits(8, '6-9'), (one, other, rest) => {
        expect(key(`55${String(one)}9${rest}`) === key(`55${String(other)}${rest}`)).toBe(one === other);
      }),
    );
    fc.assert(
      fc.property(digits(10), (rest) => {
        const keys = ['52', '521', '54', '549', '55', '1', '351', '51', '53', '56'].map((code) => key(code + rest));
        expect(new Set(keys).size).toBe(8);
      }),
    );
  });

  it('leaves digits that are no phone number as they are', () => {
    const other = fc.constantFrom('lid', 'bsuid', 'group', 'username', 'phone_number_id');
    fc.assert(
      fc.property(other, twins, (type, [value]) => {
        expect(key(value, type)).toBe(value);
      }),
    );
  });

  it('leaves the address that it is asked about as it was given', () => {
    const address = Object.freeze({ type: 'wa_id', value: '+55 11 98765-4321' });
    matchKey(address);
    expect(address.value).toBe('+55 11 98765-4321');
  });
});

describe('hashes', () => {
  it('put a key on the same shard for ever', () => {
    expect(['', 'a', '5511987654321', 'é'].map((one) => shardOf(one, 16))).toEqual(
      ['', 'a', '5511987654321', 'é'].map((one) => shardOf(one, 16)),
    );
    expect([shardOf('a', 16), shardOf('b', 16), shardOf('106540352242922', 16)]).toMatchInlineSnapshot(`
      [
        3,
        2,
        3,
      ]
    `);
  });

  it('spread keys evenly', () => {
    const counts = Array.from({ length: 16 }, () => 0);
    for (let index = 0; index < 16_000; index += 1) {
      const shard = shardOf(`10654035224${String(index)}`, 16);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(800);
    expect(Math.max(...counts)).toBeLessThan(1200);
  });

  it('refuse a number of shards that makes no sense', () => {
    expect(() => shardOf('a', 0)).toThrow(RangeError);
  });

  it('name a secret without telling it', () => {
    expect(fingerprint('secret')).toMatch(/^[0-9a-f]{16}$/);
    expect(fingerprint('secret')).not.toBe(fingerprint('secret2'));
  });
});

describe('waiting', () => {
  it('backs off between zero and a ceiling that doubles and stops', () => {
    const options = { baseMs: 100, capMs: 1000 };
    expect([0, 1, 2, 3, 4, 50].map((attempt) => backoffMs(attempt, options, () => 0.999_999))).toEqual([
      99, 199, 399, 799, 999, 999,
    ]);
    expect(backoffMs(5, options, () => 0)).toBe(0);
  });

  it('pauses end early when the signal fires', async () => {
    const controller = new AbortController();
    const waiting = pause(3_600_000, controller.signal);
    controller.abort();
    await waiting;
    await pause(3_600_000, controller.signal);
  });

  it('ends at a deadline, and passes on what came in time', async () => {
    await expect(withDeadline(new Promise(() => undefined), 5, 'It')).rejects.toBeInstanceOf(DeadlineError);
    expect(await withDeadline(Promise.resolve(1), 1000, 'It')).toBe(1);
    await expect(withDeadline(Promise.reject(new Error('own')), 1000, 'It')).rejects.toThrow('own');
  });

  it('never reaches assertNever, which would say what was being decided', () => {
    expect(() => assertNever('x' as never, 'event kind')).toThrow('event kind');
  });
});
