/** Very many of something, written straight into the database before anything runs. */
import type { TenantId } from '../../../src/contract/ids.ts';
import { addMember } from '../../../src/inbox/team/admin.ts';
import { createTenant } from '../../../src/inbox/tenants/admin.ts';
import type { Database } from '../../../src/platform/postgres.ts';

/** Who may look at the crowd. */
export const CROWD_LOGIN = { email: 'crowd@demo.test', password: 'a-crowd-of-people' } as const;

/** `count` colleagues of the demo's people, `Agent 001` and so on. */
export async function seedColleagues(database: Database, count: number): Promise<void> {
  const [tenant] = await database.run(
    'test.demo',
    (sql) => sql<{ id: TenantId }[]>`select id from tenants where slug = 'demo'`,
  );
  if (tenant === undefined) throw new Error('there is no demo tenant');
  for (let n = 1; n <= count; n += 1) {
    const name = `Agent ${String(n).padStart(3, '0')}`;
    const about = { email: `agent-${String(n)}@demo.test`, name, role: 'agent', password: null } as const;
    await addMember(database, { tenantId: tenant.id, ...about });
  }
}

/** A second tenant with `count` conversations of one unread message each, `Person 00001` the newest, a minute apart. */
export async function seedCrowd(database: Database, count: number): Promise<void> {
  const tenantId = await database.transaction('test.crowd', (tx) =>
    createTenant(tx, { slug: 'crowd', name: 'Busy Shop', agentVisibility: 'all' }),
  );
  await addMember(database, { tenantId, ...CROWD_LOGIN, name: 'Mona Many', role: 'manager' });
  await database.transaction('test.crowd_threads', async (tx) => {
    await tx`
      create temporary table crowd on commit drop as
      select i, uuidv7() as contact, uuidv7() as thread, uuidv7() as message,
        now() - i * interval '1 minute' as at, '1556' || lpad(i::text, 7, '0') as phone
      from generate_series(1, ${count}::int) i`;
    await tx`
      insert into whatsapp_accounts (tenant_id, provider, external_id, name) values (${tenantId}, 'cloud', 'crowd', 'Busy')`;
    await tx`
      insert into contacts (tenant_id, id, display_name, phone)
      select ${tenantId}, contact, 'Person ' || lpad(i::text, 5, '0'), '+' || phone from crowd`;
    await tx`
      insert into contact_addresses (tenant_id, type, match_key, value, contact_id)
      select ${tenantId}, 'wa_id', phone, phone, contact from crowd`;
    await tx`
      insert into threads (tenant_id, id, account_id, contact_id, unread_count, last_message_id, last_activity_at,
        last_position, reply_type, reply_value)
      select ${tenantId}, thread, a.id, contact, 1, message, at,
        lpad((extract(epoch from at) * 1000)::bigint::text, 13, '0') || '-s-' || i, 'wa_id', crowd.phone
      from crowd, whatsapp_accounts a where a.tenant_id = ${tenantId}`;
    await tx`
      insert into messages (tenant_id, id, thread_id, account_id, direction, kind, text, status, author_type, author_id,
        provider_message_id, sent_at, received_at, position, unread)
      select ${tenantId}, message, thread, a.id, 'inbound', 'text', 'Question number ' || i, 'received', 'contact',
        contact, 'wamid.crowd' || i, at, at,
        lpad((extract(epoch from at) * 1000)::bigint::text, 13, '0') || '-s-' || i, true
      from crowd, whatsapp_accounts a where a.tenant_id = ${tenantId}`;
  });
  await database.run('test.analyze', (sql) => sql`analyze contacts, threads, messages`);
}
