/** Finds where in a database a text is stored, in whatever table. */
import type { Database } from '../../src/platform/postgres.ts';

/** Tables, partitions by their own names, that hold the text in any column, raw bytes included. */
export async function tablesWith(database: Database, text: string): Promise<string[]> {
  const hex = Buffer.from(text).toString('hex');
  return await database.run('test.words', async (sql) => {
    const tables = await sql<{ name: string }[]>`
      select c.relname as name from pg_class c
      where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by 1`;
    const found: string[] = [];
    for (const { name } of tables) {
      const [row] = await sql`
        select from ${sql(name)} x
        where strpos(to_jsonb(x)::text, ${text}) > 0 or strpos(to_jsonb(x)::text, ${hex}) > 0 limit 1`;
      if (row !== undefined) found.push(name);
    }
    return found;
  });
}
