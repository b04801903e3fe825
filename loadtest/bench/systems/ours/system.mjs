/** Ours as it ships: what `npm run build` makes, in production mode, every guarantee switched on. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import postgres from 'postgres';

import { DIST } from '../../../../scripts/bootstrap/paths.mjs';
import { outboundCount } from '../outbound.mjs';
import { SECRETS } from '../secrets.mjs';

/** @typedef {import('../system.mjs').System} System */

const CLI = join(DIST, 'cli.js');

/** @type {System} */
export const ours = {
  name: 'ours',
  async prepare(stores, { tenants, agents }) {
    await cli(stores, ['prepare']);
    const made = await cli(stores, ['load', 'prepare', '--json', '--tenants', `${tenants}`, '--agents', `${agents}`]);
    /** @type {import('../../../../src/contract/load.ts').LoadPlan} */
    const plan = JSON.parse(made);
    return {
      env: SECRETS,
      channels: plan.tenants.flatMap(({ accounts }) => accounts.map(({ externalId: id, secret }) => ({ id, secret }))),
      tokens: plan.tenants.map((tenant) => tenant.agents.map(({ token }) => token)),
    };
  },
  processes: (gateways) => [
    { name: 'inbound', file: join(DIST, 'consumers', 'inbound.js') },
    { name: 'outbound', file: join(DIST, 'consumers', 'outbound.js') },
    { name: 'housekeeping', file: join(DIST, 'consumers', 'housekeeping.js') },
    ...Array.from({ length: gateways }, (_, index) => ({
      name: `gateway-${index + 1}`,
      file: join(DIST, 'server.js'),
      env: { PORT: '0', LISTEN_HOST: '127.0.0.1' },
    })),
  ],
  doors(started) {
    const ports = started.filter(({ name }) => name.startsWith('gateway')).map(({ port }) => port);
    return {
      webhook: { ports, path: '/api/webhooks/whatsapp/cloud-api' },
      screens: { ports, dialect: 'ours' },
    };
  },
  async conversations(url) {
    const sql = postgres(url, { max: 1 });
    try {
      return await sql`
        select a.external_id as channel, t.reply_value as contact, t.unread_count as unread,
          (select m.provider_message_id from messages m where m.tenant_id = t.tenant_id and m.id = t.last_message_id)
            as last,
          (select array_agg(m.provider_message_id order by m.position) from messages m
            where m.tenant_id = t.tenant_id and m.thread_id = t.id) as wamids
        from threads t join whatsapp_accounts a on a.tenant_id = t.tenant_id and a.id = t.account_id`;
    } finally {
      await sql.end();
    }
  },
  outboundCount,
};

/**
 * @param {{ databaseUrl: string, redisUrl: string }} stores
 * @param {string[]} args of the operator's CLI
 * @returns {Promise<string>} what it printed
 */
async function cli({ databaseUrl, redisUrl }, args) {
  const env = { PATH: process.env['PATH'] ?? '', ...SECRETS, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl };
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...args], { env, maxBuffer: 1 << 28 });
  return stdout;
}
