/** Real bodies with something foreign in them. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';

const fixtures = (name: string): unknown[] => {
  const directory = join(import.meta.dirname, name, 'fixtures');
  return readdirSync(directory)
    .filter((file) => file.endsWith('.json') && !file.endsWith('.expect.json'))
    .map((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')) as unknown);
};

/** Any JSON, with text that databases refuse and keys that break naive code. */
export const anything = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>('\0', '\ud800', '__proto__', 1e308, -1, '99999999999999999999', [], {}, null),
);

/** A real body in which one value, anywhere, was replaced by anything. */
export function damagedBodies(provider: string): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom(...fixtures(provider)), fc.nat(), anything).map(([body, place, value]) => {
    const text = JSON.stringify(body);
    let count = 0;
    JSON.parse(text, (_key, item: unknown) => (count++, item));
    let at = 0;
    const target = place % Math.max(count, 1);
    return JSON.stringify(JSON.parse(text, (_key, item: unknown) => (at++ === target ? value : item)) ?? null);
  });
}
