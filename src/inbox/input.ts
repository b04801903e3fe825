/** Makes a client's input storable before anything else looks at it. */
import { InboxError, invalidFields } from '../contract/errors.ts';
import { cleanText } from '../lib/text.ts';

const MAX_DEPTH = 16;
/**
 * Far above any command. A packet of 1 MB could hold half a million values, and every later check would walk them.
 */
const MAX_VALUES = 5000;

/**
 * A copy without what Postgres refuses in text and JSON (U+0000, lone surrogates), so that no input can cause a server
 * error. Throws `invalid_input` for nesting beyond 16 levels, more than 5,000 values, and binary content.
 */
export function storableInput(value: unknown): unknown {
  return copy(value, 0, { left: MAX_VALUES });
}

function copy(value: unknown, depth: number, budget: { left: number }): unknown {
  if (typeof value === 'string') return cleanText(value, value.length);
  if (typeof value !== 'object' || value === null) return value;
  // As an object, a buffer would have one entry per byte.
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) throw refused('must not have binary content');
  if (depth >= MAX_DEPTH) throw refused(`must not be nested deeper than ${String(MAX_DEPTH)} levels`);
  const keys = Object.keys(value);
  budget.left -= keys.length;
  if (budget.left < 0) throw refused(`must not have more than ${String(MAX_VALUES)} values`);
  if (Array.isArray(value)) return value.map((item: unknown) => copy(item, depth + 1, budget));
  const entries = Object.entries(value).map(([key, item]) => [
    cleanText(key, key.length),
    copy(item, depth + 1, budget),
  ]);
  return Object.fromEntries(entries) as unknown;
}

function refused(message: string): InboxError {
  return new InboxError('invalid_input', `The request is not valid: it ${message}.`, [{ path: '', message }]);
}

/** The refusal for one field, in the same shape as zod's refusals. */
export function invalidField(path: string, message: string): InboxError {
  return invalidFields([{ path, message }]);
}
