/** Translates field names in refusals for routes whose fields are named differently from their command's. */
import { z } from 'zod';
import { InboxError, InvalidField, invalidFields } from '../contract/errors.ts';

/** The caller's name of a field, by the command's name. */
export type FieldNames = Readonly<Record<string, string>>;

/** Renames the fields of an `invalid_input` to the caller's names. Any other error is returned unchanged. */
export function inCallersWords(error: unknown, names: FieldNames): unknown {
  if (!(error instanceof InboxError) || error.code !== 'invalid_input') return error;
  const broken = z.array(InvalidField).safeParse(error.details);
  if (!broken.success || !broken.data.some(({ path }) => path in names)) return error;
  return invalidFields(broken.data.map(({ path, message }) => ({ path: names[path] ?? path, message })));
}
