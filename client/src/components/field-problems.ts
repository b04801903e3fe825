/** What is wrong with which field of a form, out of a refusal. */
import type { ErrorBody } from '../../../src/contract/errors.ts';

/** By the field's path; empty where it is not the input that was refused. */
export function problemsOf(error: ErrorBody | null): ReadonlyMap<string, string> {
  if (error?.code !== 'invalid_input' || !Array.isArray(error.details)) return new Map();
  const details = error.details as readonly { readonly path: string; readonly message: string }[];
  return new Map(details.map(({ path, message }) => [path, message]));
}
