/**
 * Fills an empty database with tenants as an operator would, through the product's own functions: one number and one
 * agent who sees everything each. Bundled and run by prepare.mjs; prints `{"tokens": [...]}`.
 */
import { addAccount } from '../../../../src/inbox/accounts/admin.ts';
import { ensurePartitions } from '../../../../src/inbox/housekeeping/partitions.ts';
import { addMember } from '../../../../src/inbox/team/admin.ts';
import { createSessions } from '../../../../src/inbox/team/session.ts';
import { createTenant } from '../../../../src/inbox/tenants/admin.ts';
import { systemClock } from '../../../../src/lib/clock.ts';
import { loadConfig } from '../../../../src/platform/config.ts';
import { encryptionKey } from '../../../../src/platform/crypto.ts';
import { createLogger } from '../../../../src/platform/log.ts';
import { migrate } from '../../../../src/platform/migrate.ts';
import { createDatabase, type Database } from '../../../../src/platform/postgres.ts';

const TTL_MS = 86_400_000;
/** Tenants made at a time; below the pools' size. */
const AT_ONCE = 3;

const config = loadConfig();
const log = createLogger({
  level: 'warn',
  name: 'bench',
  stream: { write: (text) => void process.stderr.write(text) },
});
const { channels, agents, carrierUrl, migrations } = JSON.parse(process.argv[2] ?? '') as {
  readonly channels: readonly string[];
  readonly agents: number;
  readonly carrierUrl: string;
  readonly migrations: string;
};

async function makeTenant(database: Database, channel: string): Promise<string[]> {
  const slug = `bench-${channel}`;
  const tenantId = await database.transaction('bench.tenant', (tx) =>
    createTenant(tx, { slug, name: slug, agentVisibility: 'all' }),
  );
  const provider = 'cloud' as const;
  const account = {
    ...{ tenantId, provider, name: channel, externalId: channel, secret: null, accessToken: 'bench' },
    ...{ apiBaseUrl: carrierUrl, phone: null, accountSid: null },
  };
  const key = encryptionKey(config.encryptionKey);
  await database.transaction('bench.account', (tx) => addAccount(tx, account, key));
  const tokens: string[] = [];
  for (let index = 0; index < agents; index += 1) {
    const email = `agent-${String(index)}@${slug}.test`;
    const role = index === 0 ? 'manager' : 'agent';
    const { userId } = await addMember(database, { tenantId, email, name: email, role, password: null });
    tokens.push(sessions.issue(userId, TTL_MS).token);
  }
  return tokens;
}

await migrate({ url: config.databaseUrl, directory: migrations, log });
const database = createDatabase({ url: config.databaseUrl, log, applicationName: 'bench' });
const sessions = createSessions({
  database,
  clock: systemClock,
  secret: config.appJwtSecret,
  supabase: config.supabase,
});
await ensurePartitions(database, systemClock.now());
const tokens: string[][] = [];
for (let at = 0; at < channels.length; at += AT_ONCE) {
  tokens.push(...(await Promise.all(channels.slice(at, at + AT_ONCE).map((channel) => makeTenant(database, channel)))));
}
await database.close();
process.stdout.write(JSON.stringify({ tokens }));
