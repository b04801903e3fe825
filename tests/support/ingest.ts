/** Named cases for the inbound worker: a tenant, a Cloud account, customers, and items of a webhook. */
import type { AccountId, TenantId } from '../../src/contract/ids.ts';
import type { MessageEvent, Party, ReactionEvent, StatusEvent } from '../../src/providers/inbound.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import { applyParts, packParts, splitEvents } from '../../src/inbox/ingest/apply.ts';
import type { AccountRef, Part } from '../../src/inbox/ingest/part.ts';
import type { LoggedEvent } from '../../src/inbox/event-log.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { silentLog } from './log.ts';

export const DAY_MS = 24 * 60 * 60 * 1000;
export const T0 = Date.UTC(2026, 0, 5, 12, 0, 0);

/** A new tenant with one account whose channel is `channel`. */
export async function createTenant(
  database: Database,
  channel = '100000000000001',
  provider = 'cloud',
): Promise<AccountRef & { channel: string }> {
  const tenantId = uuid7() as TenantId;
  const accountId = uuid7() as AccountId;
  await database.transaction('test.tenant', async (tx) => {
    await tx`insert into tenants (id, slug, name) values (${tenantId}, ${`t-${tenantId}`}, 'Test')`;
    await tx`insert into tenant_logs (tenant_id) values (${tenantId})`;
    await tx`insert into whatsapp_accounts (tenant_id, id, provider, external_id, name)
      values (${tenantId}, ${accountId}, ${provider}, ${channel}, 'Main')`;
  });
  return { tenantId, accountId, channel };
}

export const person = (digits: string, name: string | null = null): Party => ({
  addresses: [{ type: 'wa_id', value: digits }],
  name,
});
export const ADA = person('15550100101', 'Ada Example');

export function message(channel: string, id: string, over: Partial<MessageEvent> = {}): MessageEvent {
  return {
    kind: 'message',
    channel,
    atMs: T0,
    direction: 'inbound',
    origin: 'customer',
    providerMessageId: id,
    chat: ADA,
    sender: null,
    own: null,
    type: 'text',
    text: `text of ${id}`,
    media: null,
    content: {},
    forwarded: false,
    contextId: null,
    history: false,
    clientRef: null,
    ...over,
  };
}

export function status(
  channel: string,
  id: string,
  state: StatusEvent['status'],
  over: Partial<StatusEvent> = {},
): StatusEvent {
  return {
    kind: 'status',
    channel,
    atMs: T0 + 1000,
    providerMessageId: id,
    status: state,
    recipient: ADA,
    participant: '',
    error: null,
    clientRef: null,
    ...over,
  };
}

export function reaction(
  channel: string,
  targetId: string,
  emoji: string | null,
  over: Partial<ReactionEvent> = {},
): ReactionEvent {
  return {
    kind: 'reaction',
    channel,
    atMs: T0 + 1000,
    direction: 'inbound',
    providerMessageId: `r-${targetId}`,
    targetId,
    chat: ADA,
    sender: null,
    own: null,
    emoji,
    ...over,
  };
}

let nextStreamSeq = 0;

/** A webhook body with these events, received a moment after T0. */
export function part(events: Part['events'], over: Partial<Part> = {}): Part {
  nextStreamSeq += 1;
  return {
    streamId: `0/${String(T0 + 500)}-${String(nextStreamSeq)}`,
    provider: 'cloud',
    auth: 'global',
    receivedAtMs: T0 + 5000,
    correlationId: 'test',
    body: Buffer.from('{"raw":true}'),
    events,
    offset: 0,
    ...over,
  };
}

/** Applies parts as the worker does, all in as few batches as possible. */
export async function apply(
  database: Database,
  account: AccountRef & { channel: string },
  parts: readonly Part[],
): Promise<LoggedEvent[]> {
  const deps = {
    db: database,
    log: silentLog,
    windowOf: () => DAY_MS,
    resolve: (_provider: string, channel: string) => (channel === account.channel ? account : null),
  };
  const logged: LoggedEvent[] = [];
  for (const batch of packParts(parts.flatMap(splitEvents))) logged.push(...(await applyParts(deps, batch)));
  return logged;
}

/** What the tests look at, by provider message id. */
export async function messageRow(
  database: Database,
  tenantId: TenantId,
  providerMessageId: string,
): Promise<Record<string, unknown>> {
  const rows = await database.run(
    'test.message',
    (sql) => sql<{ row: Record<string, unknown> }[]>`
    select message_json(m) as row from messages m where tenant_id = ${tenantId} and provider_message_id = ${providerMessageId}`,
  );
  return rows[0]?.row ?? {};
}

/** All threads of a tenant as clients see them. */
export async function threadRows(database: Database, tenantId: TenantId): Promise<Record<string, unknown>[]> {
  const rows = await database.run(
    'test.threads',
    (sql) => sql<{ row: Record<string, unknown> }[]>`
    select thread_json(t) as row from threads t where tenant_id = ${tenantId} order by id`,
  );
  return rows.map(({ row }) => row);
}
