/** The floor with every promise of the product in its barest form: what the promises alone cost. */
import { createSecretKey, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import postgres from 'postgres';

import { floor } from '../floor/system.mjs';
import { outboundCount } from '../outbound.mjs';
import { SECRETS } from '../secrets.mjs';
import { signToken } from '../token.mjs';

/** @typedef {import('../system.mjs').System} System */

const here = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));

const FIRST_CHANNEL = 100_000_000_001_000;

/** @type {System} */
export const guarded = {
  ...floor,
  name: 'guarded',
  async prepare({ databaseUrl }, { tenants, agents }) {
    const teams = Array.from({ length: tenants }, (_, index) => ({
      channel: String(FIRST_CHANNEL + index),
      tenant: randomUUID(),
      members: Array.from({ length: agents }, () => randomUUID()),
    }));
    const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
    await sql.file(here('schema.sql'));
    for (const { channel, tenant, members } of teams) {
      await sql`insert into tenants values (${tenant})`;
      await sql`insert into logs (tenant_id) values (${tenant})`;
      await sql`insert into accounts values (${tenant}, ${randomUUID()}, ${channel})`;
      await sql`insert into members select ${tenant}, unnest(${members}::uuid[]), 'agent'`;
    }
    await sql.end();
    const key = createSecretKey(Buffer.from(SECRETS.APP_JWT_SECRET));
    return {
      env: SECRETS,
      channels: teams.map(({ channel }) => ({ id: channel, secret: SECRETS.META_APP_SECRET })),
      tokens: teams.map(({ channel, tenant, members }) =>
        members.map((member) => signToken(key, { channel, tenant, member })),
      ),
    };
  },
  processes: (gateways) => [
    { name: 'ingress', file: here('ingress.mjs') },
    { name: 'worker', file: here('worker.mjs') },
    ...Array.from({ length: gateways }, (_, index) => ({ name: `gateway-${index + 1}`, file: here('gateway.mjs') })),
  ],
  doors(started) {
    const { webhook, screens } = floor.doors(started);
    return { webhook: { ...webhook, path: '/webhook' }, screens: { ...screens, dialect: 'guarded' } };
  },
  async conversations(url) {
    const sql = postgres(url, { max: 1 });
    try {
      return await sql`
        select a.channel, c.phone as contact, t.unread, t.last_wamid as last,
          (select array_agg(m.wamid order by m.position) from messages m
            where m.tenant_id = t.tenant_id and m.thread_id = t.id and m.direction = 'inbound') as wamids
        from threads t join accounts a on a.tenant_id = t.tenant_id and a.id = t.account_id
        join contacts c on c.tenant_id = t.tenant_id and c.id = t.contact_id`;
    } finally {
      await sql.end();
    }
  },
  outboundCount,
};
