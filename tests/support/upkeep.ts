/** Numbers whose carriers are the simulator, the jobs that check them, and the worker that applies what they find. */
import type { ProviderName } from '../../src/contract/entities.ts';
import type { AccountId } from '../../src/contract/ids.ts';
import { openCredential } from '../../src/inbox/accounts/credentials.ts';
import { AccountDirectory } from '../../src/inbox/accounts/directory.ts';
import { addAccount } from '../../src/inbox/accounts/admin.ts';
import { accountJobs } from '../../src/inbox/housekeeping/account-jobs.ts';
import { createSideEvents } from '../../src/inbox/ingest/side-events.ts';
import { createInboundHandler } from '../../src/inbox/ingest/worker.ts';
import { AccountBook } from '../../src/inbox/messages/dispatch/accounts.ts';
import { businessOf, parseBody, windowOf } from '../../src/deps.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { encryptionKey } from '../../src/platform/crypto.ts';
import { makeHttpClient } from '../../src/platform/http-client.ts';
import { metrics } from '../../src/platform/metrics.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { closeRedis } from '../../src/platform/redis.ts';
import { streamKeys, StreamProducer, type StreamEntry } from '../../src/platform/stream.ts';
import { providerNamed } from '../../src/providers/index.ts';
import type { TestDatabase } from './database.ts';
import { silentLog } from './log.ts';
import { entriesOn } from './inbound.ts';
import { connectRedis, startTestRedis } from './redis.ts';
import { ACCOUNTS } from './simulated.ts';
import type { Team } from './team.ts';

const KEY = encryptionKey(Buffer.alloc(32, 7));
const SHARDS = 2;

export type Upkeep = Awaited<ReturnType<typeof startUpkeep>>;

/** `carrierUrl`: the address of every carrier's API. */
export async function startUpkeep(db: TestDatabase, carrierUrl: string) {
  const engine = await startTestRedis();
  const redis = await connectRedis(engine.url);
  const database = counting(db.database);
  const paced: string[] = [];
  const published: { readonly channel: string; readonly payload: string }[] = [];
  const hints = { publish: (channel: string, payload: string) => published.push({ channel, payload }) };
  const globalSecrets = { cloud: [], evolution: [], twilio: [] };
  const directory = new AccountDirectory({ db: database, keys: [KEY], globalSecrets, log: silentLog });
  const http = makeHttpClient({ deadlineMs: 5000 });
  const defaults = { baseUrl: carrierUrl, token: null };
  const accounts = new AccountBook({
    ...{ db: database, clock: systemClock, providerNamed },
    openToken: (stored, accountId) => openCredential(stored, [KEY], accountId, 'token'),
    defaults: { cloud: defaults, evolution: defaults, twilio: defaults },
  });
  const jobs = accountJobs({
    ...{ db: database, clock: systemClock, log: silentLog, metrics, hints, http, accounts, shards: SHARDS },
    producer: new StreamProducer(redis),
    resolve: directory.resolve,
  });
  const handler = createInboundHandler({
    ...{ db: database, log: silentLog, clock: systemClock, metrics, hints, windowOf, parse: parseBody },
    fetchSoon: () => undefined,
    channels: directory,
    sideEvents: createSideEvents({
      ...{ db: database, log: silentLog, clock: systemClock, hints, businessOf },
      resolve: directory.resolve,
      pace: { rest: (id) => paced.push(`rest ${id}`), slowDown: (id) => paced.push(`slow ${id}`) },
    }),
  });
  const entries = (): Promise<StreamEntry[]> => entriesOn(redis, streamKeys('ingest', SHARDS));
  return {
    ...{ directory, paced, published },
    /** Names of the calls to the database so far, in order. */
    calls: database.calls,
    entries,
    /** One round of a job. */
    run: async (name: string): Promise<number> => {
      await directory.refresh();
      return await jobs.find((job) => job.name === name)!.run();
    },
    /** Applies everything on the stream and removes it. */
    ingest: async (): Promise<number> => {
      const waiting = await entries();
      if (waiting.length > 0) await handler(waiting);
      for (const { key, id } of waiting) await redis.xdel(key, id);
      return waiting.length;
    },
    /** Appends a webhook as the gateway would. */
    receive: async (provider: ProviderName, auth: string, body: string | Buffer): Promise<void> => {
      await directory.refresh();
      const entry = { p: provider, a: auth, r: String(Date.now()), c: 'test', b: Buffer.from(body as Buffer) };
      await new StreamProducer(redis).append(streamKeys('ingest', SHARDS)[0]!, entry, 2000);
    },
    stop: async (): Promise<void> => {
      await http.close();
      await closeRedis(redis);
      await engine.drop();
    },
  };
}

/** Records the calls. */
function counting(database: Database): Database & { readonly calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    run: (name, ...rest) => (calls.push(name), database.run(name, ...rest)),
    transaction: (name, ...rest) => (calls.push(name), database.transaction(name, ...rest)),
    asTenant: (tenantId, name, ...rest) => (calls.push(name), database.asTenant(tenantId, name, ...rest)),
    asTenants: (tenantIds, name, ...rest) => (calls.push(name), database.asTenants(tenantIds, name, ...rest)),
    ping: (ms) => database.ping(ms),
    close: () => database.close(),
  };
}

/** Adds the simulator's number of this carrier to the team. */
export async function addSimulated(team: Team, provider: ProviderName): Promise<AccountId> {
  const { channel, phone, secret, accessToken, ...rest } = ACCOUNTS[provider];
  const accountSid = 'accountSid' in rest ? rest.accountSid : null;
  const account = {
    provider,
    name: provider,
    externalId: channel,
    phone: `+${phone}`,
    secret,
    accessToken,
    accountSid,
  };
  const added = await team.database.transaction('test.account', (tx) =>
    addAccount(tx, { ...account, tenantId: team.tenantId }, KEY),
  );
  return added.accountId;
}

/** Due again, now. */
export async function makeDue(team: Team, accountId: AccountId): Promise<void> {
  await team.database.run(
    'test.due',
    (sql) => sql`update account_upkeep set next_check_at = now(), next_reconcile_at = now(), next_sync_at = now()
      where account_id = ${accountId}`,
  );
}
