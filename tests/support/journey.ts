/** The whole product with the simulator behind it, and businesses that use it, for end-to-end tests. */
import { randomBytes } from 'node:crypto';
import type { AgentVisibility, ProviderName, Role } from '../../src/contract/entities.ts';
import type { AccountId, TenantId } from '../../src/contract/ids.ts';
import { addAccount } from '../../src/inbox/accounts/admin.ts';
import { addMember } from '../../src/inbox/team/admin.ts';
import { createSessions } from '../../src/inbox/team/session.ts';
import { createTenant } from '../../src/inbox/tenants/admin.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { encryptionKey } from '../../src/platform/crypto.ts';
import type { Database } from '../../src/platform/postgres.ts';
import type { Person } from './node.ts';
import { ownPort } from './port.ts';
import { createSystem, SECRETS, type System, type Worker } from './system.ts';
import { waitFor } from './wait.ts';

const KEY = encryptionKey(Buffer.from(SECRETS.ENCRYPTION_KEY, 'hex'));

/** Two gateways, one worker of each kind, and the simulator as the carriers. */
export interface Journey {
  readonly system: System;
  readonly nodes: readonly [Worker, Worker];
  readonly workers: Readonly<Record<'inbound' | 'outbound' | 'housekeeping', Worker>>;
  readonly simulator: Worker;
  /** Posts to (or without a body: reads) the simulator's JSON API; throws unless it answers 200. */
  simulate<T = Record<string, unknown>>(path: string, body?: unknown): Promise<T>;
  stop(): Promise<void>;
}

/**
 * `env` is for every process. `ownPostgres` if the test will stop it. `isPublic`: the first node listens at the
 * installation's public address, as Twilio requires.
 */
export async function startJourney(
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly workerEnv?: Readonly<Record<string, string>>;
    readonly isPublic?: boolean;
    readonly ownPostgres?: boolean;
  } = {},
): Promise<Journey> {
  const port = options.isPublic === true ? String(await ownPort()) : '0';
  const address = port === '0' ? {} : { PUBLIC_URL: `http://127.0.0.1:${port}` };
  const { ownPostgres = false } = options;
  const system = await createSystem({ ownPostgres, env: { ...address, ...options.env } });
  const nodes = await Promise.all([system.spawn('server', { PORT: port }), system.spawn('server')]);
  const simulator = await system.spawn('simulator', { PUBLIC_URL: nodes[0].url });
  const extra = { SIMULATOR_URL: simulator.url, ...options.workerEnv };
  const [inbound, outbound, housekeeping] = await Promise.all([
    system.spawn('consumers/inbound', extra),
    system.spawn('consumers/outbound', extra),
    system.spawn('consumers/housekeeping', extra),
  ]);
  return {
    ...{ system, nodes, simulator, workers: { inbound, outbound, housekeeping } },
    simulate: async <T>(path: string, body?: unknown): Promise<T> => {
      const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
      const response = await fetch(`${simulator.url}/simulator/api/${path}`, init);
      const json: unknown = await response.json();
      if (!response.ok) throw new Error(`The simulator refused ${path}: ${JSON.stringify(json)}`);
      return json as T;
    },
    stop: () => system.stop(),
  };
}

/** The people of every business created here. */
export const PEOPLE = {
  admin: 'tenant_admin',
  lead: 'manager',
  ana: 'agent',
  bruno: 'agent',
  operator: 'super_admin',
} as const satisfies Record<string, Role>;
export type PersonName = keyof typeof PEOPLE;

export interface Business {
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
  readonly provider: ProviderName;
  readonly channel: string;
  readonly secret: string;
  readonly people: Readonly<Record<PersonName, Person>>;
}

/** A token of the running system. */
export function issueToken(database: Database, userId: Person['userId']): string {
  const supabase = { url: null, jwtSecret: null };
  return createSessions({ database, clock: systemClock, secret: SECRETS.APP_JWT_SECRET, supabase }).issue(userId).token;
}

async function hireFor(database: Database, tenantId: TenantId, name: string, role: Role): Promise<Person> {
  const email = `${name}-${randomBytes(5).toString('hex')}@people.example`;
  const { memberId, userId } = await addMember(database, { tenantId, email, name, role, password: null });
  return { tenantId, memberId, userId, email, token: issueToken(database, userId) };
}

let numbers = 0;

function channelOf(provider: ProviderName, phone: string): string {
  if (provider === 'twilio') return `whatsapp:+${phone}`;
  return provider === 'cloud' ? `3000${phone}` : `instance-${phone}`;
}

/** A tenant with one number that the simulator plays, and people in every role. `apiBaseUrl`: instead of the simulator. */
export async function openBusiness(
  journey: Journey,
  options: {
    readonly visibility?: AgentVisibility;
    readonly provider?: Business['provider'];
    readonly apiBaseUrl?: string;
  } = {},
): Promise<Business> {
  const { database } = journey.system;
  const { provider = 'cloud', visibility: agentVisibility = 'own', apiBaseUrl = null } = options;
  numbers += 1;
  const phone = String(15_550_300_000 + numbers);
  const channel = channelOf(provider, phone);
  const accountSid = provider === 'twilio' ? `AC${randomBytes(16).toString('hex')}` : null;
  const slug = `business-${randomBytes(5).toString('hex')}`;
  const secret = randomBytes(24).toString('hex');
  const accessToken = `token-of-${channel}`;
  const tenantId = await database.transaction('test.tenant', (tx) =>
    createTenant(tx, { slug, name: slug, agentVisibility }),
  );
  const { accountId } = await database.transaction('test.account', (tx) =>
    addAccount(
      tx,
      {
        ...{ tenantId, provider, secret, accessToken, apiBaseUrl },
        ...{ name: 'Main', externalId: channel, phone: null, accountSid },
      },
      KEY,
    ),
  );
  await journey.simulate('accounts', { accounts: [{ provider, channel, phone, secret, accessToken, accountSid }] });
  const entries = await Promise.all(
    Object.entries(PEOPLE).map(async ([name, role]) => [name, await hireFor(database, tenantId, name, role)] as const),
  );
  const people = Object.fromEntries(entries) as Record<PersonName, Person>;
  return { tenantId, accountId, provider, channel, secret, people };
}

let customers = 0;

/** Digits nobody else has. */
export function newCustomer(): string {
  customers += 1;
  return String(15_551_000_000 + customers);
}

/** A thread with this customer that is assigned to a member from the start, so that nobody ever saw it unassigned. */
export async function assignedThread(
  database: Database,
  business: Business,
  given: { readonly digits: string; readonly name: string; readonly assigneeId: string | null },
): Promise<string> {
  const { tenantId, accountId } = business;
  const { digits, name, assigneeId } = given;
  const jid = `${digits}@s.whatsapp.net`;
  const address = business.provider === 'cloud' ? { type: 'wa_id', value: digits } : { type: 'jid', value: jid };
  return database.transaction('test.thread', async (tx) => {
    const [contact] = await tx<{ id: string }[]>`
      insert into contacts (tenant_id, display_name, phone) values (${tenantId}, ${name}, ${`+${digits}`}) returning id`;
    const contactId = contact?.id ?? '';
    await tx`insert into contact_addresses (tenant_id, type, match_key, value, contact_id)
      values (${tenantId}, 'wa_id', ${digits}, ${digits}, ${contactId})`;
    const [thread] = await tx<{ id: string }[]>`
      insert into threads (tenant_id, account_id, contact_id, reply_type, reply_value, assignee_id)
      values (${tenantId}, ${accountId}, ${contactId}, ${address.type}, ${address.value}, ${assigneeId}) returning id`;
    return thread?.id ?? '';
  });
}

/** A customer writes through the simulator; resolves with the provider's id once a gateway took it. */
export async function customerWrites(
  journey: Journey,
  business: Business,
  message: {
    readonly from: string;
    readonly text: string;
    readonly name?: string;
    readonly file?: 'image' | 'audio' | 'document';
  },
): Promise<string> {
  const { ids } = await journey.simulate<{ ids: string[] }>('customer-message', {
    ...{ channel: business.channel, wait: true },
    ...message,
  });
  return ids[0] ?? '';
}

/** The stored message with a provider's id, once it is there. */
export async function storedMessage(
  database: Database,
  tenantId: string,
  providerMessageId: string,
): Promise<{ readonly id: string; readonly threadId: string; readonly mediaId: string | null }> {
  return waitFor(
    async () => {
      const rows = await database.run(
        'test.message',
        (sql) => sql<{ id: string; threadId: string; mediaId: string | null }[]>`
          select id, thread_id as "threadId", media_id as "mediaId" from messages
          where tenant_id = ${tenantId} and provider_message_id = ${providerMessageId}`,
      );
      return rows[0];
    },
    { what: `message ${providerMessageId} stored` },
  );
}

/** A thread opened by a new customer's text. */
export async function openThread(
  journey: Journey,
  business: Business,
  text = 'Hello, is anybody there?',
): Promise<{ readonly threadId: string; readonly messageId: string; readonly digits: string }> {
  const digits = newCustomer();
  const providerId = await customerWrites(journey, business, { from: digits, text, name: `Customer ${digits}` });
  const { id, threadId } = await storedMessage(journey.system.database, business.tenantId, providerId);
  return { threadId, messageId: id, digits };
}

/** One call of a carrier's API, as the simulator saw it. */
export interface SimulatedCall {
  readonly seq: number;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly status: number | null;
}

/** Sends of this text through a business's number. */
export async function sendsOf(journey: Journey, business: Business, text: string): Promise<SimulatedCall[]> {
  const path = `calls?channel=${encodeURIComponent(business.channel)}`;
  const { calls } = await journey.simulate<{ calls: SimulatedCall[] }>(path);
  return calls.filter(({ body }) => JSON.stringify(body).includes(text));
}

/** A message of ours as it is stored. */
export async function messageState(
  database: Database,
  id: string,
): Promise<{ readonly status: string; readonly sendState: string; readonly attempts: number }> {
  const rows = await database.run(
    'test.state',
    (sql) => sql<{ status: string; sendState: string; attempts: number }[]>`
      select status, send_state as "sendState", attempts from messages where id = ${id}`,
  );
  return rows[0] ?? { status: 'none', sendState: 'none', attempts: 0 };
}
