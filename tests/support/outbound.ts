/** Named cases for sending: a tenant whose account talks to a stand-in, threads, queued messages, a sender. */
import { randomBytes } from 'node:crypto';
import type { AccountId, TenantId, ThreadId } from '../../src/contract/ids.ts';
import { openCredential, sealCredential } from '../../src/inbox/accounts/credentials.ts';
import { AccountBook } from '../../src/inbox/messages/dispatch/accounts.ts';
import { Breakers } from '../../src/inbox/messages/dispatch/breaker.ts';
import { Pace } from '../../src/inbox/messages/dispatch/pace.ts';
import { createStep, type StepDeps, type StepResult } from '../../src/inbox/messages/dispatch/step.ts';
import type { ThreadRef } from '../../src/inbox/messages/dispatch/types.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import { encryptionKey, type EncryptionKey } from '../../src/platform/crypto.ts';
import { makeHttpClient, type HttpClient } from '../../src/platform/http-client.ts';
import { metrics } from '../../src/platform/metrics.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { closeRedis, type RedisClient } from '../../src/platform/redis.ts';
import { providerNamed } from '../../src/providers/index.ts';
import { silentLog } from './log.ts';
import { connectRedis } from './redis.ts';

export const KEY: EncryptionKey = encryptionKey(Buffer.alloc(32, 7));

/** A Cloud account of a new tenant, whose API is at `baseUrl`. */
export interface TestAccount {
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
  readonly channel: string;
}

export async function createSendingTenant(
  database: Database,
  options: {
    readonly baseUrl: string;
    readonly provider?: string;
    readonly token?: string | null;
    readonly key?: EncryptionKey;
  },
): Promise<TestAccount> {
  const tenantId = uuid7() as TenantId;
  const accountId = uuid7() as AccountId;
  const channel = String(100_000_000_000_000 + randomBytes(5).readUIntBE(0, 5));
  const plain = options.token === undefined ? 'token-1' : options.token;
  const token = plain === null ? null : sealCredential(plain, options.key ?? KEY, accountId, 'token');
  await database.transaction('test.tenant', async (tx) => {
    await tx`insert into tenants (id, slug, name) values (${tenantId}, ${`t-${tenantId}`}, 'Test')`;
    await tx`insert into tenant_logs (tenant_id) values (${tenantId})`;
    await tx`insert into whatsapp_accounts (tenant_id, id, provider, external_id, name, api_base_url, token_ciphertext)
      values (${tenantId}, ${accountId}, ${options.provider ?? 'cloud'}, ${channel}, 'Main', ${options.baseUrl}, ${token})`;
  });
  return { tenantId, accountId, channel };
}

/** A thread with the customer `digits`. */
export async function createThread(database: Database, account: TestAccount, digits: string): Promise<ThreadRef> {
  const { tenantId, accountId } = account;
  const threadId = uuid7() as ThreadId;
  const contactId = uuid7();
  await database.transaction('test.thread', async (tx) => {
    await tx`insert into contacts (tenant_id, id, display_name, phone) values (${tenantId}, ${contactId}, 'Ada', ${`+${digits}`})`;
    await tx`insert into contact_addresses (tenant_id, type, match_key, value, contact_id)
      values (${tenantId}, 'wa_id', ${digits}, ${digits}, ${contactId})`;
    await tx`insert into threads (tenant_id, id, account_id, contact_id, reply_type, reply_value)
      values (${tenantId}, ${threadId}, ${accountId}, ${contactId}, 'wa_id', ${digits})`;
  });
  return { tenantId, accountId, threadId };
}

let nextPosition = 0;

/** Queues a text as message:send does. Returns the message's id. */
export async function queueText(
  database: Database,
  thread: ThreadRef,
  text: string,
  priority = 'agent',
): Promise<string> {
  const id = uuid7();
  nextPosition += 1;
  const position = `${String(Date.now()).padStart(13, '0')}-${String(nextPosition).padStart(12, '0')}`;
  await database.transaction('test.queue', async (tx) => {
    await tx`select 1 from threads where tenant_id = ${thread.tenantId} and id = ${thread.threadId} for no key update`;
    await tx`insert into messages (tenant_id, id, thread_id, account_id, direction, kind, text, send_state, status,
        author_type, author_id, sent_at, received_at, position, next_attempt_at, priority)
      values (${thread.tenantId}, ${id}, ${thread.threadId}, ${thread.accountId}, 'outbound', 'text', ${text}, 'queued', 'queued',
        'member', ${uuid7()}, now(), now(), ${position}, now(), ${priority})`;
    await tx`update threads set last_message_id = ${id}, last_position = ${position}
      where tenant_id = ${thread.tenantId} and id = ${thread.threadId}`;
  });
  return id;
}

/** The columns that tests look at. */
export interface StoredMessage {
  readonly sendState: string;
  readonly status: string;
  readonly attempts: number;
  readonly providerMessageId: string | null;
  readonly error: { readonly code: string; readonly title: string; readonly retryable: boolean } | null;
  readonly dueInMs: number | null;
  readonly version: number;
}

export async function stored(database: Database, id: string): Promise<StoredMessage> {
  const [row] = await database.run(
    'test.stored',
    (sql) => sql<StoredMessage[]>`
      select send_state as "sendState", status, attempts, provider_message_id as "providerMessageId", error, version,
        (extract(epoch from next_attempt_at - clock_timestamp()) * 1000)::int as "dueInMs"
      from messages where id = ${id}`,
  );
  if (row === undefined) throw new Error('there is no such message');
  return row;
}

/** Types of the tenant's events with the status of their message, in order. */
export async function loggedStates(database: Database, tenantId: string): Promise<string[]> {
  const rows = await database.run(
    'test.events',
    (sql) => sql<{ line: string }[]>`
      select type || coalesce(':' || (data->'message'->>'status'), '') as line
      from tenant_events where tenant_id = ${tenantId} order by seq`,
  );
  return rows.map((row) => row.line);
}

/** Makes a message due now, whatever back-off it is in. */
export async function makeDue(database: Database, id: string): Promise<void> {
  await database.run('test.due', (sql) => sql`update messages set next_attempt_at = now() where id = ${id}`);
}

/** A sender with everything real; several senders are several workers. */
export interface TestSender {
  readonly deps: StepDeps;
  readonly step: (thread: ThreadRef) => Promise<StepResult>;
  /** Runs steps until one answers anything but `more`. */
  drain(thread: ThreadRef): Promise<StepResult>;
  readonly http: HttpClient;
  readonly redis: RedisClient;
  close(): Promise<void>;
}

export async function createSender(
  database: Database,
  redisUrl: string,
  over: Partial<StepDeps> & { readonly deadlineMs?: number } = {},
): Promise<TestSender> {
  const http = makeHttpClient({ deadlineMs: over.deadlineMs ?? 5000 });
  const redis = await connectRedis(redisUrl, 'volatile');
  const accounts = new AccountBook({
    db: database,
    clock: systemClock,
    providerNamed,
    openToken: (bytes, accountId) => openCredential(bytes, [KEY], accountId, 'token'),
    defaults: {
      cloud: { baseUrl: null, token: null },
      evolution: { baseUrl: null, token: null },
      twilio: { baseUrl: null, token: null },
    },
  });
  const deps: StepDeps = {
    db: database,
    log: silentLog,
    clock: systemClock,
    metrics,
    hints: { publish: () => undefined },
    accounts,
    pace: new Pace(redis, systemClock),
    breakers: new Breakers(),
    post: (request) => http.post(request),
    openFile: () => Promise.resolve(null),
    leaseMs: 60_000,
    signals: { offer: () => undefined },
    ...over,
  };
  const stepOf = createStep(deps);
  const step = (thread: ThreadRef): Promise<StepResult> => stepOf(thread, 'agent');
  return {
    deps,
    step,
    http,
    redis,
    drain: async (thread) => {
      for (;;) {
        const result = await step(thread);
        if (result.kind !== 'more') return result;
      }
    },
    close: async () => {
      await http.close();
      await closeRedis(redis);
    },
  };
}
