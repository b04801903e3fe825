/**
 * Conversions for types that the driver does not know. They are listed here because otherwise the driver queries array
 * types on every new connection, and if that connection is lost meanwhile nobody handles the error.
 */
import type postgres from 'postgres';
import { parse } from 'postgres-array';

/** OIDs are the same in every Postgres: pg_type.dat. */
const JSON_TYPE = 114;
const INT8 = 20;
const INT8_ARRAY = 1016;
const TEXT_ARRAY = 1009;
const UUID_ARRAY = 2951;

/** Sequence numbers, counts and versions stay far below 2^53. */
const int8: postgres.PostgresType<number> = { to: INT8, from: [INT8], parse: Number, serialize: String };

function listOf<T extends string | number>(
  oid: number,
  parseItem: (text: string) => T,
): postgres.PostgresType<readonly T[]> {
  return {
    to: oid,
    from: [oid],
    serialize: (items: readonly (T | null)[]) => `{${items.map(quoted).join(',')}}`,
    parse: (text: string) => parse(text, parseItem),
  };
}

function quoted(item: string | number | null): string {
  return item === null ? 'null' : `"${String(item).replaceAll(/[\\"]/g, String.raw`\$&`)}"`;
}

/** The driver's option `types`. A column or parameter of another array type stays text. */
export const POSTGRES_TYPES: Record<string, postgres.PostgresType> = {
  int8,
  int8List: listOf(INT8_ARRAY, Number),
  textList: listOf(TEXT_ARRAY, String),
  uuidList: listOf(UUID_ARRAY, String),
};

/**
 * A parameter of type json: sent as text and read once by the server. The driver's own `sql.json` is of type jsonb, which
 * costs a rebuilt document and a second reading wherever json is wanted.
 */
export function asJson(sql: postgres.ISql, value: unknown): postgres.Parameter {
  return sql.typed<unknown>(value, JSON_TYPE) as postgres.Parameter;
}
