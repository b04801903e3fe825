/** The floor: the least that webhook → database → screen can cost on these parts, in three processes. */
import { createSecretKey } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import postgres from 'postgres';

import { SECRETS } from '../secrets.mjs';
import { signToken } from '../token.mjs';

/** @typedef {import('../system.mjs').System} System */

const here = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));

/** Numbers' ids, as Meta's look. */
const FIRST_CHANNEL = 100_000_000_001_000;

/** @type {System} */
export const floor = {
  name: 'floor',
  async prepare({ databaseUrl }, { tenants, agents }) {
    const ids = Array.from({ length: tenants }, (_, index) => String(FIRST_CHANNEL + index));
    const sql = postgres(databaseUrl, { max: 1 });
    await sql.file(here('schema.sql'));
    await sql`insert into accounts (channel) select unnest(${ids}::text[])`;
    await sql.end();
    const key = createSecretKey(Buffer.from(SECRETS.APP_JWT_SECRET));
    return {
      env: SECRETS,
      channels: ids.map((id) => ({ id, secret: SECRETS.META_APP_SECRET })),
      tokens: ids.map((channel) => Array.from({ length: agents }, () => signToken(key, { channel }))),
    };
  },
  processes: (gateways) => [
    { name: 'ingress', file: here('ingress.mjs') },
    { name: 'worker', file: here('worker.mjs') },
    ...Array.from({ length: gateways }, (_, index) => ({ name: `gateway-${index + 1}`, file: here('gateway.mjs') })),
  ],
  doors: (started) => ({
    webhook: { ports: portsOf(started, 'ingress'), path: '/' },
    screens: { ports: portsOf(started, 'gateway'), dialect: 'floor' },
  }),
  async conversations(url) {
    const sql = postgres(url, { max: 1 });
    try {
      return await sql`
        select a.channel, t.contact, t.unread, t.last_wamid as last,
          (select array_agg(m.wamid order by m.id) from messages m where m.thread_id = t.id) as wamids
        from threads t join accounts a on a.id = t.account_id`;
    } finally {
      await sql.end();
    }
  },
  async outboundCount(url) {
    const sql = postgres(url, { max: 1 });
    try {
      const [row] = await sql`select count(*)::int as count from messages where outbound`;
      return row?.['count'] ?? 0;
    } finally {
      await sql.end();
    }
  },
};

/**
 * @param {import('../process.mjs').Started[]} started
 * @param {string} name
 */
function portsOf(started, name) {
  return started.filter((one) => one.name.startsWith(name)).map((one) => one.port);
}
