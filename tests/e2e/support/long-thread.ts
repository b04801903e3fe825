/** A conversation that has been going on for years. */
import type { Database } from '../../../src/platform/postgres.ts';

/**
 * Messages from before the first one of this customer's conversation, read long ago, 20 s apart: the n-th says `Line n`,
 * or what `texts` has for it.
 */
export async function lengthen(
  database: Database,
  name: string,
  count: number,
  texts: Readonly<Record<number, string>>,
): Promise<void> {
  await database.transaction('test.long', async (tx) => {
    await tx`
      insert into messages (tenant_id, thread_id, account_id, direction, kind, text, status, author_type, author_id,
        provider_message_id, sent_at, received_at, position)
      select t.tenant_id, t.id, t.account_id, 'inbound', 'text',
        coalesce(${tx.json(texts)}::jsonb ->> n::text, 'Line ' || n), 'received', 'contact', t.contact_id,
        'wamid.long.' || n, at, at, lpad((extract(epoch from at) * 1000)::bigint::text, 13, '0') || '-l-' || n
      from threads t join contacts c on c.tenant_id = t.tenant_id and c.id = t.contact_id,
        generate_series(1, ${count}::int) n,
        lateral (select t.created_at - interval '1 day' - (${count}::int - n) * interval '20 seconds' as at) past
      where c.display_name = ${name}`;
  });
  await database.run('test.analyze', (sql) => sql`vacuum analyze messages`);
}
