/** Reading the query of a request. */
import type { Context } from 'koa';
import type { z } from 'zod';
import { InboxError, invalidInput } from '../contract/errors.ts';

/** Parses a query with one value per name. Repeated names are refused, because it is unclear which was meant. */
export function parseQuery<S extends z.ZodType>(schema: S, ctx: Context): z.output<S> {
  const parameters = new URLSearchParams(ctx.querystring);
  const names = [...parameters.keys()];
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new InboxError('invalid_input', 'A query parameter was given twice.', [
      { path: repeated, message: 'was given twice' },
    ]);
  }
  const given = [...parameters].filter(([, value]) => value !== '');
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (!parsed.success) throw invalidInput(parsed.error, 'The query');
  return parsed.data;
}
