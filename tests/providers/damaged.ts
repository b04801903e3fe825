/** Real bodies with something foreign in them. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { variationCases } from './corpus.ts';

const fixtures = (name: string): unknown[] => {
  const directory = join(import.meta.dirname, name, 'fixtures');
  const files = readdirSync(directory).filter((file) => file.endsWith('.json') && !file.endsWith('.expect.json'));
  const bodies = [
    ...files.map((file) => readFileSync(join(directory, file), 'utf8')),
    ...variationCases(name).map(({ body }) => body.toString()),
  ];
  return bodies.map((text) => JSON.parse(text) as unknown);
};

/** Any JSON, with text that databases refuse and keys that break naive code. */
export const anything = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>('\0', '\ud800', '__proto__', 1e308, -1, '99999999999999999999', [], {}, null),
);

type Damage = (value: unknown) => unknown;

/** A number as its text and the other way round; anything else as JSON in a string. */
const retyped: Damage = (value) => {
  if (typeof value === 'string' && value !== '' && Number.isFinite(Number(value))) return Number(value);
  return typeof value === 'string' ? value.split(' ') : JSON.stringify(value);
};

/** What may happen to one value: it is replaced, dropped (undefined), emptied, retyped, wrapped or said twice. */
const damages: fc.Arbitrary<Damage> = fc.oneof(
  anything.map((value) => () => value),
  fc.constantFrom<Damage>(
    () => undefined,
    () => null,
    retyped,
    (value) => [value],
    (value) => ({ value }),
    (value) => (Array.isArray(value) ? [...(value as unknown[]), ...(value as unknown[])] : [value, value]),
  ),
);

interface Blow {
  readonly place: number;
  readonly damage: Damage;
}

function struck(body: unknown, { place, damage }: Blow): unknown {
  const text = JSON.stringify(body);
  let count = 0;
  JSON.parse(text, (_key, item: unknown) => (count++, item));
  let at = 0;
  const target = place % Math.max(count, 1);
  return JSON.parse(text, (_key, item: unknown) => (at++ === target ? damage(item) : item)) ?? null;
}

const blows = fc.array(fc.record({ place: fc.nat(), damage: damages }), { minLength: 1, maxLength: 3 });

/** A real body in which one to three values, anywhere, were damaged. */
export function damagedBodies(provider: string): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...fixtures(provider)), blows)
    .map(([body, all]) => JSON.stringify(all.reduce(struck, body)));
}
