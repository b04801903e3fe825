/** Reading the query of a request. */
import type { Context } from 'koa';
import type { z } from 'zod';
import { type InvalidField, invalidFields, invalidInput } from '../contract/errors.ts';

/** Of several wrong parameters a refusal names this many. */
const MOST_NAMED = 20;

/**
 * Parses a query with one value per name. Throws `invalid_input` for repeated names, because it is unclear which was
 * meant, and for unknown ones, because a misspelt filter would select everything.
 */
export function parseQuery<S extends z.ZodObject>(schema: S, ctx: Context): z.output<S> {
  const parameters = new URLSearchParams(ctx.querystring);
  const names = [...parameters.keys()];
  const wrong = names.flatMap((path, index): InvalidField[] => {
    if (!Object.hasOwn(schema.shape, path)) return [{ path, message: 'is not a parameter of this address' }];
    return names.indexOf(path) === index ? [] : [{ path, message: 'was given twice' }];
  });
  if (wrong.length > 0) throw invalidFields(wrong.slice(0, MOST_NAMED), 'The query');
  const given = [...parameters].filter(([, value]) => value !== '');
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (!parsed.success) throw invalidInput(parsed.error, 'The query');
  return parsed.data;
}
