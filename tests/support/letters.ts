/** Dead letters of any age, and terms that act already. */
import type { Database } from '../../src/platform/postgres.ts';

/** What every letter says. */
export const SECRET = 'xylophone';

/** What a letter is, but for its age. */
export interface Kept {
  readonly owner: string;
  readonly channel?: string | null;
  readonly state?: string;
}

/** A letter that was stored and received so many days ago; returns its id. */
export async function storeLetter(
  database: Database,
  days: number,
  { owner, channel = null, state = 'open' }: Kept,
): Promise<string> {
  const [row] = await database.run(
    'test.letter',
    (sql) => sql<{ id: string }[]>`
      insert into dead_letters (tenant_id, id, provider, channel, reason, body, received_at, correlation_id, state, created_at)
      select ${owner}, uuidv7(-age), 'cloud', ${channel}, 'poison', ${Buffer.from(SECRET)}, now() - age, 'c', ${state}, now() - age
      from (select ${days} * interval '24 hours' as age) as aged returning id`,
  );
  if (row === undefined) throw new Error('no letter was stored');
  return row.id;
}

/** So many open letters at once. */
export async function storeLetters(
  database: Database,
  amount: number,
  days: number,
  { owner, channel = null }: Kept,
): Promise<void> {
  await database.run(
    'test.letters',
    (sql) => sql`
      insert into dead_letters (tenant_id, id, provider, channel, reason, body, received_at, correlation_id, created_at)
      select ${owner}, uuidv7(-age), 'cloud', ${channel}, 'poison', '', now() - age, 'c', now() - age
      from (select ${days} * interval '24 hours' as age) as aged, generate_series(1, ${amount})`,
  );
}

/** As if every term had been set a day earlier. */
export async function passGraceOf(database: Database): Promise<void> {
  await database.transaction('test.grace', async (tx) => {
    await tx`update tenants set keep_from = keep_from - interval '1 day'`;
    await tx`update dead_letter_term set keep_from = keep_from - interval '1 day'`;
  });
}

/** As if every number had been added a day earlier. */
export async function passFirstDayOf(database: Database): Promise<void> {
  await database.run(
    'test.first_day',
    (sql) => sql`update whatsapp_accounts set enabled_at = enabled_at - interval '1 day'`,
  );
}
