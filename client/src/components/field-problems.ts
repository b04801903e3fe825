/** Reads from an error which fields of a form are wrong. */
import type { ErrorBody } from '../../../src/contract/errors.ts';

/** Messages by field path; empty unless the error is about invalid input. */
export function problemsOf(error: ErrorBody | null): ReadonlyMap<string, string> {
  if (error?.code !== 'invalid_input' || !Array.isArray(error.details)) return new Map();
  const details = error.details as readonly { readonly path: string; readonly message: string }[];
  return new Map(details.map(({ path, message }) => [path, message]));
}
