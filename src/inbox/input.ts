/** Makes a client's input storable before anything looks at it. */
import { InboxError } from '../contract/errors.ts';
import { cleanText } from '../lib/text.ts';

const MAX_DEPTH = 16;

/**
 * A copy without what Postgres refuses in text and JSON (U+0000, lone surrogates), so that no input can turn into a
 * server error. Throws `invalid_input` for nesting beyond 16 levels.
 */
export function storableInput(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return cleanText(value, value.length);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) {
    const message = `must not be nested deeper than ${String(MAX_DEPTH)} levels`;
    throw new InboxError('invalid_input', `The request is not valid: it ${message}.`, [{ path: '', message }]);
  }
  if (Array.isArray(value)) return value.map((item: unknown) => storableInput(item, depth + 1));
  const entries = Object.entries(value).map(([key, item]) => [
    cleanText(key, key.length),
    storableInput(item, depth + 1),
  ]);
  return Object.fromEntries(entries) as unknown;
}

/** The refusal for one field, in the shape that zod's refusals have. */
export function invalidField(path: string, message: string): InboxError {
  return new InboxError('invalid_input', `The request is not valid: ${path} ${message}.`, [{ path, message }]);
}
