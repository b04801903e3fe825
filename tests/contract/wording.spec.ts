import { expect, it } from 'vitest';
import { z } from 'zod';
import { invalidInput } from '../../src/contract/errors.ts';

const Input = z.strictObject({
  name: z.string().min(1).max(3),
  limit: z.int().min(1).max(100).optional(),
  kind: z.enum(['text', 'image']).optional(),
  who: z.union([z.literal('me'), z.boolean()]).optional(),
  tags: z.array(z.string()).max(2).optional(),
  email: z.email().optional(),
  code: z.string().length(3, 'must be a currency').optional(),
});

it.each([
  [{}, 'name is missing'],
  [{ name: 5 }, 'name must be text'],
  [{ name: '' }, 'name must not be empty'],
  [{ name: 'long' }, 'name must have at most 3 characters'],
  [{ name: 'x', limit: 101 }, 'limit must be at most 100'],
  [{ name: 'x', limit: 1.5 }, 'limit must be a whole number'],
  [{ name: 'x', kind: 'fax' }, 'kind must be one of text, image'],
  [{ name: 'x', who: 'you' }, 'who is none of the possible values'],
  [{ name: 'x', tags: ['a', 'b', 'c'] }, 'tags must have at most 2 entries'],
  [{ name: 'x', tags: {} }, 'tags must be a list'],
  [{ name: 'x', email: 'x' }, 'email must be an email address'],
  [{ name: 'x', colour: 'red' }, 'input must not have colour'],
  [{ name: 'x', code: 'x' }, 'code must be a currency'],
  [null, 'input must be an object'],
])('%j: %s', (input, words) => {
  const parsed = Input.safeParse(input);
  expect(parsed.error && invalidInput(parsed.error).message).toBe(`The request is not valid: ${words}.`);
});
