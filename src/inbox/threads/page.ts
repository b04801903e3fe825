/** Where pages begin: for threads, an opaque cursor for the next page in the same order; for messages, a position. */
import { z } from 'zod';
import type { ThreadOrder } from '../../contract/commands.ts';
import { invalidField } from '../input.ts';

/** Activity (ISO 8601 UTC, microseconds) and id of the last thread of a page. */
export interface PageEnd {
  readonly at: string;
  readonly id: string;
}

const instant = z
  .string()
  .regex(/^[12]\d{3}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/)
  .refine(isOnCalendar);

/** False for dates such as 30 February, which a lenient parser would turn into a day of March. */
function isOnCalendar(text: string): boolean {
  const ms = Date.parse(text);
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 19) === text.slice(0, 19);
}

/** A cursor contains its direction: in the other one it would begin with what has been read. */
const ENCODED = {
  newest: z.tuple([instant, z.uuid()]),
  oldest: z.tuple([instant, z.uuid(), z.literal('oldest')]),
} as const satisfies Record<ThreadOrder, z.ZodType>;

/** As text for the client. */
export function encodePageEnd({ at, id }: PageEnd, order: ThreadOrder): string {
  const parts: z.input<(typeof ENCODED)[ThreadOrder]> = order === 'newest' ? [at, id] : [at, id, order];
  return Buffer.from(JSON.stringify(parts), 'utf8').toString('base64url');
}

/** Throws invalid_input for anything that encodePageEnd did not make for this order. */
export function decodePageEnd(cursor: string, order: ThreadOrder): PageEnd {
  const parsed = ENCODED[order].safeParse(parseJson(Buffer.from(cursor, 'base64url').toString('utf8')));
  if (!parsed.success) throw invalidField('after', 'is not a cursor of this list in this order');
  const [at, id] = parsed.data;
  return { at, id };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const POSITION = /^\d{13}-[0-9a-z-]{1,120}$/;

/** Throws invalid_input if the field is given and is no message's position. */
export function checkPosition(field: string, text: string | undefined): void {
  if (text !== undefined && !POSITION.test(text)) throw invalidField(field, 'is not a position in a conversation');
}
