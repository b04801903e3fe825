/** Refusals in the words of a route that has fields under other names than its command. */
import { z } from 'zod';
import { InboxError, InvalidField, invalidFields } from '../contract/errors.ts';

/** By the command's name of a field, what the caller knows it as. */
export type FieldNames = Readonly<Record<string, string>>;

/** Names the fields of an `invalid_input` as the caller did; any other error stays as it is. */
export function inCallersWords(error: unknown, names: FieldNames): unknown {
  if (!(error instanceof InboxError) || error.code !== 'invalid_input') return error;
  const broken = z.array(InvalidField).safeParse(error.details);
  if (!broken.success || !broken.data.some(({ path }) => path in names)) return error;
  return invalidFields(broken.data.map(({ path, message }) => ({ path: names[path] ?? path, message })));
}
