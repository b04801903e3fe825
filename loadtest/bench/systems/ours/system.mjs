/** Ours as it ships: what `npm run build` makes, in production mode, every guarantee switched on. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { build } from 'esbuild';
import postgres from 'postgres';

import { DIST, ROOT } from '../../../../scripts/bootstrap/paths.mjs';
import { SECRETS } from '../secrets.mjs';

/** @typedef {import('../system.mjs').System} System */

const PREPARE = fileURLToPath(new URL('prepare.ts', import.meta.url));
/** Nothing is sent in these rounds; what is sent by mistake stays on this machine. */
const NO_CARRIER = 'http://127.0.0.1:9';

/** @type {System} */
export const ours = {
  name: 'ours',
  async prepare(url, channels) {
    const tokens = await prepareTenants(url, { channels, agents: 1, carrierUrl: NO_CARRIER });
    return {
      secret: SECRETS.META_APP_SECRET,
      env: SECRETS,
      channels,
      tokens: tokens.map(([token = '']) => token),
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
};

/**
 * @param {string} url of an empty database
 * @param {{ channels: string[], agents: number, carrierUrl: string }} plan
 * @returns {Promise<string[][]>} tokens by tenant
 */
export async function prepareTenants(url, plan) {
  const file = join(DIST, 'bench', 'prepare.js');
  await build({
    ...{ entryPoints: [PREPARE], outfile: file, bundle: true, platform: 'node', format: 'esm', target: 'node20' },
    ...{ packages: 'external', logLevel: 'error' },
  });
  const env = { PATH: process.env['PATH'] ?? '', ...SECRETS, DATABASE_URL: url, REDIS_URL: 'redis://127.0.0.1:9' };
  const input = JSON.stringify({ ...plan, migrations: join(ROOT, 'sql', 'migrations') });
  const { stdout } = await promisify(execFile)(process.execPath, [file, input], { env, maxBuffer: 1 << 28 });
  return JSON.parse(stdout).tokens;
}
