/**
 * Parses JSON from outside: nesting is checked before parsing, and integers that a double cannot hold become strings.
 */
import { cleanText } from './text.ts';

/** The parsed value, or why the bytes are not acceptable JSON. */
export type BoundedJson =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Above 15 digits an integer may exceed 2^53. */
const SAFE_DIGITS = 15;

/**
 * Parses bytes as JSON without ever throwing. Nesting above `maxDepth` is refused before the parser sees it (a recursive
 * consumer, or jsonb, would fail on it later). Integers of 16 digits and more become strings with their exact digits.
 */
export function parseBoundedJson(body: Buffer, maxDepth: number): BoundedJson {
  const longIntegers = scan(body, maxDepth);
  if (longIntegers === null) return { ok: false, reason: 'nested too deeply' };
  const text = longIntegers.length === 0 ? body.toString('utf8') : quoteIntegers(body, longIntegers);
  try {
    return { ok: true, value: JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text) as unknown };
  } catch {
    return { ok: false, reason: 'not JSON' };
  }
}

/** Start and end offsets of long integers, flat; null when nested deeper than allowed. */
function scan(body: Buffer, maxDepth: number): number[] | null {
  const found: number[] = [];
  let depth = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] ?? 0;
    if (byte === QUOTE) at = endOfString(body, at + 1);
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > maxDepth) return null;
    } else if (byte === 0x7d || byte === 0x5d) depth--;
    else if (isDigit(byte)) at = endOfNumber(body, at, found) - 1;
  }
  return found;
}

function endOfString(body: Buffer, start: number): number {
  for (let at = start; at < body.length; at++) {
    const byte = body[at];
    if (byte === BACKSLASH) at++;
    else if (byte === QUOTE) return at;
  }
  return body.length;
}

function endOfNumber(body: Buffer, start: number, found: number[]): number {
  let end = start + 1;
  while (end < body.length && isDigit(body[end] ?? 0)) end++;
  if (end - start > SAFE_DIGITS && isWholeNumber(body, start, end)) found.push(start, end);
  return end;
}

/**
 * True for a number without fraction and exponent. The fraction or exponent itself is not one, and negative numbers are
 * left alone.
 */
function isWholeNumber(body: Buffer, start: number, end: number): boolean {
  const before = String.fromCharCode(body[start - 1] ?? 0x20);
  const after = String.fromCharCode(body[end] ?? 0x20);
  return !'.eE+-'.includes(before) && !'.eE'.includes(after);
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function quoteIntegers(body: Buffer, offsets: readonly number[]): string {
  const parts: string[] = [];
  let from = 0;
  for (let index = 0; index < offsets.length; index += 2) {
    const start = offsets[index] ?? 0;
    const end = offsets[index + 1] ?? start;
    parts.push(body.toString('utf8', from, start), '"', body.toString('latin1', start, end), '"');
    from = end;
  }
  parts.push(body.toString('utf8', from));
  return parts.join('');
}

const MAX_NODES = 2000;

/**
 * A copy of a JSON value that is safe to store and to merge: cleaned strings and keys, no `__proto__`, at most
 * `maxDepth` levels and 2,000 nodes (whatever exceeds them becomes null or is left out).
 */
export function storableJson(value: unknown, maxDepth = 8): unknown {
  return copy(value, maxDepth, { left: MAX_NODES });
}

function copy(value: unknown, depth: number, budget: { left: number }): unknown {
  if (budget.left-- <= 0) return null;
  if (typeof value === 'string') return cleanText(value, 4096);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'object' || value === null || depth === 0) return null;
  if (Array.isArray(value)) return value.slice(0, 256).map((item) => copy(item, depth - 1, budget));
  const entries = Object.entries(value)
    .filter(([key]) => key !== '__proto__')
    .slice(0, 256)
    .map(([key, item]): [string, unknown] => [cleanText(key, 256), copy(item, depth - 1, budget)]);
  return Object.fromEntries(entries);
}
