/** A tenant with people, an executor that records what it announced, and customers who write. */
import type { AgentVisibility, Role, Thread } from '../../src/contract/entities.ts';
import { Event } from '../../src/contract/events.ts';
import type { CommandId, MemberId, MessageId, TenantId, ThreadId, UserId } from '../../src/contract/ids.ts';
import { LogEvent, type OutboundJob } from '../../src/contract/jobs.ts';
import type { CapabilityMap } from '../../src/inbox/accounts/accounts.ts';
import type { Caller, ExecuteCommand } from '../../src/inbox/command.ts';
import type { ExecutorDeps } from '../../src/inbox/command-run.ts';
import { createExecutor } from '../../src/inbox/execute.ts';
import type { AccountRef } from '../../src/inbox/ingest/part.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { cloudProvider } from '../../src/providers/cloud/provider.ts';
import { evolutionProvider } from '../../src/providers/evolution/provider.ts';
import { twilioProvider } from '../../src/providers/twilio/provider.ts';
import { apply, createTenant, message, part, person, T0 } from './ingest.ts';
import { silentLog } from './log.ts';
import { testRegistry } from './registry.ts';
import { PATIENCE_MS } from './wait.ts';

export const CAPABILITIES: CapabilityMap = {
  cloud: cloudProvider.capabilities,
  evolution: evolutionProvider.capabilities,
  twilio: twilioProvider.capabilities,
};

/** Everything one test needs. `nowMs` may be moved. */
export interface Team {
  readonly database: Database;
  readonly account: AccountRef & { channel: string };
  readonly tenantId: TenantId;
  readonly clock: { ms: number; nowMs(): number; now(): Date };
  readonly hints: string[];
  readonly jobs: OutboundJob[];
  readonly execute: ExecuteCommand;
  executorWith(over: Partial<ExecutorDeps>): ExecuteCommand;
  member(role: Role, name?: string): Promise<Caller>;
}

export const newCommandId = (): CommandId => uuid7() as CommandId;

export async function createTeam(
  database: Database,
  options: { readonly visibility?: AgentVisibility; readonly provider?: string } = {},
): Promise<Team> {
  const account = await createTenant(database, `channel-${uuid7()}`, options.provider ?? 'cloud');
  const { tenantId } = account;
  await database.run(
    'test.visibility',
    (sql) =>
      sql`update tenants set agent_visibility = ${options.visibility ?? 'own_and_unassigned'} where id = ${tenantId}`,
  );
  const clock = {
    ms: T0 + 60_000,
    nowMs(): number {
      return this.ms;
    },
    now(): Date {
      return new Date(this.ms);
    },
  };
  const hints: string[] = [];
  const jobs: OutboundJob[] = [];
  const deps: ExecutorDeps = {
    registry: testRegistry(database, { capabilities: CAPABILITIES }),
    database,
    clock,
    log: silentLog,
    presence: { states: () => Promise.resolve(new Map()) },
    deadlineMs: PATIENCE_MS,
    hints: { publish: (_channel, payload) => void hints.push(payload) },
    jobs: {
      append: async (job) => {
        if ('task' in job) jobs.push(job);
      },
    },
  };
  return {
    ...{ database, account, tenantId, clock, hints, jobs },
    execute: createExecutor(deps),
    executorWith: (over) => createExecutor({ ...deps, ...over }),
    member: (role, name = role) => addMember(database, tenantId, role, name),
  };
}

async function addMember(database: Database, tenantId: TenantId, role: Role, name: string): Promise<Caller> {
  const userId = uuid7() as UserId;
  const memberId = uuid7() as MemberId;
  await database.transaction('test.member', async (tx) => {
    await tx`insert into users (id, email, display_name) values (${userId}, ${`${userId}@example.test`}, ${name})`;
    await tx`insert into tenant_members (tenant_id, id, user_id, display_name, role)
      values (${tenantId}, ${memberId}, ${userId}, ${name}, ${role})`;
  });
  return { userId, tenantId, memberId, expiresAtMs: Number.MAX_SAFE_INTEGER, session: null };
}

let customers = 0;

/** A customer writes for the first time: a new, unassigned thread. */
export async function newThread(
  team: Team,
  given: { readonly name?: string; readonly text?: string; readonly messages?: number; readonly atMs?: number } = {},
): Promise<{ readonly threadId: ThreadId; readonly messageIds: MessageId[]; readonly digits: string }> {
  customers += 1;
  const digits = `1555${String(1_000_000 + customers)}`;
  const chat = person(digits, given.name ?? `Customer ${String(customers)}`);
  const ids = Array.from({ length: given.messages ?? 1 }, (_, index) => `wamid.${digits}.${String(index)}`);
  const events = ids.map((id, index) => {
    const text = given.text === undefined ? {} : { text: given.text };
    return message(team.account.channel, id, { chat, atMs: (given.atMs ?? T0) + index * 1000, ...text });
  });
  await apply(team.database, team.account, [part(events)]);
  const rows = await team.database.run(
    'test.thread',
    (sql) => sql<{ id: MessageId; threadId: ThreadId }[]>`
      select m.id, m.thread_id as "threadId" from messages m
      where m.tenant_id = ${team.tenantId} and m.provider_message_id = any(${ids}) order by m.position`,
  );
  return { threadId: rows[0]!.threadId, messageIds: rows.map((row) => row.id), digits };
}

/** The same customer writes again. */
export async function writeAgain(team: Team, digits: string, id: string, atMs = T0 + 30_000): Promise<void> {
  await apply(team.database, team.account, [part([message(team.account.channel, id, { chat: person(digits), atMs })])]);
}

/** Assigns a thread without a command. */
export async function giveTo(team: Team, threadId: ThreadId, memberId: MemberId | null): Promise<void> {
  await team.database.run(
    'test.assign',
    (sql) => sql`update threads set assignee_id = ${memberId} where tenant_id = ${team.tenantId} and id = ${threadId}`,
  );
}

const INTERNAL: ReadonlySet<string> = new Set(['tenant.updated', 'sessions.ended']);

/** The tenant's log after a position, each event checked against the contract. */
export async function eventsAfter(team: Team, seq: number): Promise<LogEvent[]> {
  const rows = await team.database.run(
    'test.events',
    (sql) => sql<{ event: unknown }[]>`
      select log_event_json(e) as event from tenant_events e
      where e.tenant_id = ${team.tenantId} and e.seq > ${seq} order by e.seq`,
  );
  return rows.map(({ event }) => {
    const parsed = LogEvent.parse(event);
    // Only gateways are told of the others.
    if (!INTERNAL.has(parsed.type))
      Event.parse({ seq: parsed.seq, at: parsed.at, type: parsed.type, data: parsed.data });
    return parsed;
  });
}

/** Head of the tenant's log. */
export async function headOf(team: Team): Promise<number> {
  const rows = await team.database.run(
    'test.head',
    (sql) => sql<{ head: number }[]>`select head from tenant_logs where tenant_id = ${team.tenantId}`,
  );
  return rows[0]!.head;
}

/** The thread as a manager sees it. */
export async function threadNow(team: Team, threadId: ThreadId): Promise<Thread> {
  const rows = await team.database.run(
    'test.thread_now',
    (sql) => sql<{ thread: Thread }[]>`
      select entity as thread from thread_entities where tenant_id = ${team.tenantId} and id = ${threadId}`,
  );
  return rows[0]!.thread;
}
