/** Where a page of threads ends: an opaque cursor for the next one. */
import { z } from 'zod';
import { invalidField } from '../input.ts';

/** Activity (ISO 8601 UTC, microseconds) and id of the last thread of a page. */
export interface PageEnd {
  readonly at: string;
  readonly id: string;
}

const Encoded = z.tuple([z.string().regex(/^[12]\d{3}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/), z.uuid()]);

/** As text for the client. */
export function encodePageEnd({ at, id }: PageEnd): string {
  return Buffer.from(JSON.stringify([at, id]), 'utf8').toString('base64url');
}

/** Throws invalid_input for anything that encodePageEnd did not make. */
export function decodePageEnd(cursor: string): PageEnd {
  const parsed = Encoded.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString('utf8')));
  if (!parsed.success || Number.isNaN(Date.parse(parsed.data[0]))) {
    throw invalidField('after', 'is not a cursor of this list');
  }
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
