/** Reads JSON whose shape is not guaranteed: a wrong type reads as absent, nothing throws. */
import { cleanText } from './text.ts';

/** An object of which nothing is known. */
export type Loose = Readonly<Record<string, unknown>>;

/** The value if it is an object and no list, else null. */
export function asObject(value: unknown): Loose | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : null;
}

/** The value if it is an object, else an empty one: for reading nested optional parts. */
export function orEmpty(value: unknown): Loose {
  return asObject(value) ?? EMPTY;
}

const EMPTY: Loose = Object.freeze({});

/** The value if it is a list, else an empty one. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** The objects among the items of a list. */
export function asObjects(value: unknown): readonly Loose[] {
  return asList(value)
    .map(asObject)
    .filter((item) => item !== null);
}

/** A cleaned string of at most `maxLength` units (cut); null when it is no string. May be empty. */
export function asText(value: unknown, maxLength = 1024): string | null {
  return typeof value === 'string' ? cleanText(value, maxLength) : null;
}

/** As `asText`, but an empty string reads as absent. */
export function asName(value: unknown, maxLength = 1024): string | null {
  const text = asText(value, maxLength);
  return text === '' ? null : text;
}

/** An identifier: a non-empty string that is not cut, or a safe integer as digits; else null. */
export function asId(value: unknown, maxLength = 512): string | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : null;
  if (typeof value !== 'string' || value.length > maxLength) return null;
  return asName(value, maxLength);
}

/** A finite number, also from its decimal text; else null. */
export function asNumber(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string' || !/^-?\d{1,15}(\.\d{1,15})?$/.test(value)) return null;
  return Number(value);
}

/** Whole number from a number, digits, or protobuf's `{low, high}`, whose `low` is signed; null if not safe or negative. */
export function asLong(value: unknown): number | null {
  const whole = asObject(value) === null ? asNumber(value) : fromHalves(orEmpty(value));
  return whole !== null && Number.isSafeInteger(whole) && whole >= 0 ? whole : null;
}

function fromHalves(halves: Loose): number | null {
  const { low, high } = halves as { low?: unknown; high?: unknown };
  if (!Number.isInteger(low) || !Number.isInteger(high)) return null;
  return (high as number) * 2 ** 32 + ((low as number) >>> 0);
}

const FIRST_PLAUSIBLE_MS = Date.UTC(2009, 0, 1);
const LAST_PLAUSIBLE_MS = Date.UTC(2100, 0, 1);

/** Milliseconds since 1970 from Unix milliseconds in any of the shapes of `asLong`; null outside 2009..2100. */
export function instantFromMs(value: unknown): number | null {
  const ms = asLong(value);
  return ms !== null && ms >= FIRST_PLAUSIBLE_MS && ms < LAST_PLAUSIBLE_MS ? ms : null;
}

/**
 * Milliseconds since 1970 from Unix seconds in any of the shapes of `asLong`, or with decimals; also from milliseconds and
 * from ISO 8601, which some programs write instead. Null outside 2009..2100.
 */
export function instantFromSeconds(value: unknown): number | null {
  const seconds = asObject(value) === null ? asNumber(value) : asLong(value);
  if (seconds === null) return fromIso(value);
  // As seconds such a number would be ten thousands of years away.
  return instantFromMs(Math.trunc(seconds < LAST_PLAUSIBLE_MS / 1000 ? seconds * 1000 : seconds));
}

function fromIso(value: unknown): number | null {
  const isIso = typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]{5,18}(Z|[+-]\d\d:?\d\d)$/.test(value);
  return isIso ? instantFromMs(Date.parse(value)) : null;
}
