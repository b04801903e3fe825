import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ThreadFilter, ThreadOrder } from '../../src/contract/commands.ts';
import type { AgentVisibility } from '../../src/contract/entities.ts';
import type { CommandContext } from '../../src/inbox/command.ts';
import type { CommandId, MessageId, ThreadId } from '../../src/contract/ids.ts';
import {
  selectMessagePage,
  selectNewerByOthers,
  selectNewerPage,
  type NewMessage,
} from '../../src/inbox/messages/queries.ts';
import {
  selectCommonHits,
  selectHits,
  selectLookedTo,
  selectRareHits,
  selectVisible,
  type Sought,
  type SoughtEach,
} from '../../src/inbox/threads/text-queries.ts';
import { openSends, writeSends, type AskedSend } from '../../src/inbox/messages/together-queries.ts';
import { hastenSilent } from '../../src/inbox/reconcile/silence.ts';
import { selectFacts, selectSlots } from '../../src/inbox/reports/read-queries.ts';
import { abilityFor } from '../../src/inbox/team/ability.ts';
import { selectCounts, selectThreadPage } from '../../src/inbox/threads/list-queries.ts';
import {
  clearUnread,
  flagUnread,
  selectAssigneeAt,
  isLookedThrough,
  selectCameSince,
  selectMarkable,
  selectNewestInboundId,
} from '../../src/inbox/threads/queries.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import type { Tx } from '../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { explaining } from '../support/explain.ts';
import { readBy } from '../support/read-rows.ts';
import { createTeam, newCommandId, newThread, type Team } from '../support/team.ts';

let db: TestDatabase;
let team: Team;
let threadId: string;

/** Ten tenants with a thousand threads of eight messages each, so that a scan is the wrong plan. */
async function fill(account: Team['account'], contactId: string): Promise<void> {
  await db.database.transaction('test.fill', async (tx) => {
    await tx`
      insert into contacts (tenant_id, id, display_name)
      select ${account.tenantId}, uuidv7(), 'Customer ' || n from generate_series(1, 1000) n`;
    await tx`
      insert into threads (tenant_id, account_id, contact_id, reply_type, reply_value, last_activity_at, unread_count)
      select ${account.tenantId}, ${account.accountId}, c.id, 'wa_id', '1', now() - random() * interval '30 days', 1
      from contacts c where c.tenant_id = ${account.tenantId} and c.id <> ${contactId}`;
    await tx`
      insert into messages (tenant_id, thread_id, account_id, direction, kind, text, status, author_type, sent_at,
        received_at, position, provider_message_id, unread)
      select t.tenant_id, t.id, t.account_id, 'inbound', 'text', 'words ' || n, 'received', 'contact', now(), now(),
        '176000000000' || n || '-1760000000000-0-0', t.id || '-' || n, n = 8
      from threads t, generate_series(1, 8) n where t.tenant_id = ${account.tenantId}`;
    await tx`
      insert into tenant_events (tenant_id, seq, at, type, thread_id, data)
      select ${account.tenantId}, 1000 + n, now(), 'thread.updated', uuidv7(), '{}' from generate_series(1, 1000) n`;
    await tx`
      insert into report_slots (tenant_id, slot, member_id, sent)
      select ${account.tenantId}, '2026-01-01'::timestamptz + n * interval '15 minutes', uuidv7(), 1
      from generate_series(1, 5000) n`;
    await tx`
      insert into report_facts (tenant_id, thread_id, id, at, kind, wait_ms, audited)
      select ${account.tenantId}, uuidv7(), uuidv7(), '2026-01-01'::timestamptz + n * interval '15 minutes', 'answered', n, false
      from generate_series(1, 5000) n`;
    await tx`update tenant_logs set head = 2000 where tenant_id = ${account.tenantId}`;
  });
}

beforeAll(async () => {
  db = await createTestDatabase();
  for (let i = 0; i < 9; i += 1) await fill((await createTeam(db.database)).account, uuid7());
  team = await createTeam(db.database);
  threadId = (await newThread(team)).threadId;
  const own = await db.database.run(
    'test.contact',
    (sql) => sql<{ id: string }[]>`select contact_id as id from threads where id = ${threadId}`,
  );
  await fill(team.account, own[0]!.id);
  await db.database.run('test.analyze', (sql) => sql`vacuum analyze`);
});
afterAll(async () => {
  await db.drop();
});

/** An agent sees what the tenant's setting says. */
interface Who {
  readonly role: 'agent' | 'manager';
  readonly sees?: AgentVisibility;
}

const MANAGER: Who = { role: 'manager' };
/** Four counts, none of which reads a row of the table. */
const COUNTED_FROM_INDEXES =
  /(?:Index Only Scan using threads_open_by_assignee[\s\S]*){3}Index Only Scan using threads_unread/;
const OWN: Who = { role: 'agent', sees: 'own' };

async function planOf(
  work: (context: CommandContext) => Promise<unknown>,
  { role, sees = 'own_and_unassigned' }: Who = { role: 'agent' },
): Promise<string> {
  const plans: string[] = [];
  const memberId = uuid7();
  const ability = abilityFor({ memberId, role, agentVisibility: sees });
  await db.database.asTenant(team.tenantId, 'test.plan', async (tx) => {
    const caller = { tenantId: team.tenantId, memberId };
    await work({ tx: explaining(tx, plans), caller, ability, clock: team.clock } as unknown as CommandContext);
  });
  return plans.join('\n');
}

interface Asked {
  readonly order?: ThreadOrder;
  readonly after?: boolean;
  readonly who?: Who;
}

const page = (
  filter: ThreadFilter,
  { order = 'newest', after = false, who = MANAGER }: Asked = {},
): Promise<string> => {
  const end = after ? { at: new Date().toISOString(), id: uuid7() } : null;
  return planOf((context) => selectThreadPage(context, { filter, order, after: end, limit: 50 }), who);
};

const sought = (): Sought => ({ tenantId: team.tenantId, threadId, q: 'words 5', before: '1760000000005' });
const soughtEach = (): SoughtEach => ({ tenantId: team.tenantId, threadIds: [threadId as ThreadId], q: 'words 5' });

/** Two days of it. */
const inReport = (): Parameters<typeof selectFacts>[1] => ({
  tenantId: team.tenantId,
  memberId: null,
  bounds: [10, 11, 12].map((day) => new Date(Date.UTC(2026, 0, day))),
});

/** The index read in its order, or from its other end, and nothing sorted but the threads of one slot. */
const forwards = (index: string): RegExp => new RegExp(`Presorted Key: t\\.activity_slot.*Scan using ${index}`, 's');
const backwards = (index: string): RegExp =>
  new RegExp(`Presorted Key: t\\.activity_slot.*Scan Backward using ${index}`, 's');

const oldest = (filter: ThreadFilter, asked: Asked = {}): Promise<string> =>
  page(filter, { ...asked, order: 'oldest' });

describe('sends that go together', () => {
  it('are decided on and written by a handful of rows, each by an index', async () => {
    const ana = await team.member('agent');
    const send = { n: 0, caller: ana, commandId: newCommandId(), threadId };
    const sending = async (tx: Tx): Promise<void> => {
      const [open] = await openSends(tx, [send]);
      const { accountId } = open!.thread;
      await writeSends(tx, [{ n: 0, message: newMessageOf({ ...send, accountId }) }]).execute();
    };
    const nodes = await readBy(db.url, team.tenantId, sending, 'hunfly_round');
    expect(nodes.some(({ on }) => on === 'threads_pkey')).toBe(true);
    expect(nodes.filter(({ type }) => type === 'Seq Scan')).toEqual([]);
    expect(Math.max(...nodes.map(({ rows }) => rows))).toBeLessThan(10);
  });
});

describe('a number that has gone silent', () => {
  it('is found by the threads that were active within the hour, not by all that the number has', async () => {
    const { tenantId, accountId } = team.account;
    await db.database.run(
      'test.silent',
      (sql) => sql`
        insert into account_upkeep (tenant_id, account_id, heard_at, next_reconcile_at)
        values (${tenantId}, ${accountId}, now() - interval '1 hour', now() + interval '1 hour')`,
    );
    const nodes = await readBy(db.url, tenantId, (tx) => hastenSilent(tx as never), 'none');
    const ofThreads = nodes.filter(({ on }) => on.startsWith('threads'));
    expect(ofThreads.map(({ on }) => on)).toEqual(['threads_by_activity']);
    expect(ofThreads.every(({ rows }) => rows < 100)).toBe(true);
  });
});

describe('what can be marked as unread', () => {
  it('is looked for only from the given message on, also by a plan for any message', async () => {
    const nodes = await readBy(db.url, team.tenantId, async (tx) => {
      await tx`set local plan_cache_mode = force_generic_plan`;
      await selectMarkable(tx, { tenantId: team.tenantId, threadId }, '9', 1001);
    });
    expect(nodes).toContainEqual(expect.objectContaining({ on: 'messages_by_thread', rows: 0 }));
  });
});

const newMessageOf = (
  send: Pick<AskedSend, 'caller' | 'commandId' | 'threadId'> & { accountId: string },
): NewMessage => ({
  ...{ id: uuid7() as MessageId, tenantId: send.caller.tenantId, threadId: send.threadId as ThreadId },
  ...{ accountId: send.accountId, kind: 'text', text: 'words', mediaId: null, content: null, replyTo: null },
  ...{
    priority: 'agent',
    authorId: send.caller.memberId,
    commandId: send.commandId as CommandId,
    at: new Date(),
    position: '2',
  },
});

describe('under row-level security', () => {
  it.each([
    ['the first page of threads', () => page({}), forwards('threads_by_activity')],
    ['a later page', () => page({}, { after: true }), forwards('threads_by_activity')],
    ['what an agent sees who sees their own', () => page({}, { who: OWN }), /threads_by_assignee/],
    ['what is somebody’s', () => page({ assignee: 'me' }), forwards('threads_by_assignee')],
    ['what is not resolved', () => page({ status: 'active' }), forwards('threads_open_by_activity')],
    ['what is not resolved of somebody', () => page({ status: 'active', assignee: 'me' }), /threads_open_by_assignee/],
    ['the oldest threads', () => oldest({}), backwards('threads_by_activity')],
    ['a later page of them', () => oldest({}, { after: true }), backwards('threads_by_activity')],
    ['the oldest of somebody', () => oldest({ assignee: 'me' }), backwards('threads_by_assignee')],
    ['the oldest not resolved', () => oldest({ status: 'active' }), backwards('threads_open_by_activity')],
    [
      'a later page of them',
      () => oldest({ status: 'active' }, { after: true }),
      backwards('threads_open_by_activity'),
    ],
    [
      'the oldest not resolved of somebody',
      () => oldest({ status: 'active', assignee: 'me' }),
      backwards('threads_open_by_assignee'),
    ],
    [
      'what has waited longest for somebody to take it',
      () => oldest({ status: 'active', assignee: 'none' }),
      backwards('threads_open_by_'),
    ],
    ['what is unread', () => page({ status: 'active', unread: true }), /threads_open_by_activity|threads_unread/],
    ['a page by status and tag', () => page({ status: 'open', tag: 'vip' }), /Index Scan (using|on) threads_/],
    ['a search', () => page({ q: 'customer' }), /Index Scan (using|on) threads_/],
    ['the counts', () => planOf(selectCounts, MANAGER), COUNTED_FROM_INDEXES],
    ['the counts of an agent', () => planOf(selectCounts), COUNTED_FROM_INDEXES],
    [
      'a page of messages',
      () => planOf(({ tx }) => selectMessagePage(tx, { tenantId: team.tenantId, threadId }, '1760000000005', 50)),
      /messages_by_thread/,
    ],
    [
      'a page of newer messages',
      () =>
        planOf(({ tx }) =>
          selectNewerPage(tx, { tenantId: team.tenantId, threadId }, { from: '1760000000005', isIncluded: true }, 50),
        ),
      /Scan Backward using messages_by_thread/,
    ],
    ['what a conversation says', () => planOf(({ tx }) => selectHits(tx, sought(), 50)), /messages_by_thread/],
    ['how far it was searched', () => planOf(({ tx }) => selectLookedTo(tx, sought())), /messages_by_thread/],
    [
      'which conversations of a list may be seen',
      () => planOf((context) => selectVisible(context, [threadId as ThreadId])),
      /threads_pkey/,
    ],
    [
      'what each says that many say',
      () => planOf(({ tx }) => selectCommonHits(tx, soughtEach())),
      /messages_by_thread/,
    ],
    ['what each says that few say', () => planOf(({ tx }) => selectRareHits(tx, soughtEach())), /messages_pkey/],
    [
      'the check for newer messages',
      () =>
        planOf(({ tx, caller }) =>
          selectNewerByOthers(tx, { tenantId: team.tenantId, threadId }, '17', caller.memberId),
        ),
      /messages_by_thread/,
    ],
    [
      'the newest inbound message',
      () => planOf(({ tx }) => selectNewestInboundId(tx, team.tenantId, threadId, null)),
      /messages_by_thread/,
    ],
    ['marking as read', () => planOf(({ tx }) => clearUnread(tx, team.tenantId, threadId, '18')), /messages_unread/],
    [
      'what has come since a message',
      () =>
        planOf(({ tx }) => selectCameSince(tx, { tenantId: team.tenantId, threadId }, { id: uuid7(), position: '17' })),
      /messages_by_thread[\s\S]*messages_unread/,
    ],
    [
      'how far back a message is',
      () => planOf(({ tx }) => isLookedThrough(tx, { tenantId: team.tenantId, threadId }, '17')),
      /messages_by_thread/,
    ],
    [
      'what can be marked as unread',
      () => planOf(({ tx }) => selectMarkable(tx, { tenantId: team.tenantId, threadId }, '17', 1)),
      /messages_by_thread/,
    ],
    [
      'marking as unread',
      () => planOf(({ tx }) => flagUnread(tx, team.tenantId, threadId, [uuid7()])),
      /messages_pkey/,
    ],
    [
      'a version’s assignee',
      () => planOf(({ tx }) => selectAssigneeAt(tx, team.tenantId, threadId, 3)),
      /Index Scan (using|on) tenant_events_default_/,
    ],
    ['the messages of a report', () => planOf(({ tx }) => selectSlots(tx, inReport())), /report_slots_key/],
    [
      'what turned in conversations',
      () => planOf(({ tx }) => selectFacts(tx, inReport())),
      /Index Only Scan using report_facts_by_time/,
    ],
  ] as const)('%s is read by an index', async (_title, plan, index) => {
    const text = await plan();
    expect(text).toMatch(index);
    expect(text).not.toMatch(/Seq Scan on (threads|messages|contacts|report_slots|report_facts)\b/);
  });
});
