/** Whatever happened in whatever order, and whenever it was counted: figures are those of what is stored. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ThreadId } from '../../../src/contract/ids.ts';
import { absorbEcho } from '../../../src/inbox/messages/dispatch/echo.ts';
import { publishMessages } from '../../../src/inbox/messages/dispatch/publish.ts';
import { rebuild } from '../../../src/inbox/reports/rebuild.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { MINUTE_MS, reportStage, START, type ReportStage } from '../../support/reports.ts';
import { newCommandId } from '../../support/team.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

const CUSTOMERS = ['15551110001', '15551110002', '15551110003'];
const PHONE = { direction: 'outbound', origin: 'phone' } as const;

const customer = fc.constantFrom(...CUSTOMERS);
/** Often of the same moment, and in no order. Also after changes of status, which are of now. */
const atMs = fc.oneof(
  fc.nat(8).map((n) => START + n * MINUTE_MS),
  fc.nat(3).map((n) => Date.now() + n),
  fc.nat(8).map((n) => START + 120 * MINUTE_MS + n),
);
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('writes' as const), customer, atMs }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('answers' as const), customer, atMs }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('phone' as const), customer, atMs }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('backlog' as const), customer, atMs }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('status' as const),
      customer,
      status: fc.constantFrom('open' as const, 'resolved' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('loses' as const), customer }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('merge' as const), customer }) },
  { weight: 1, arbitrary: fc.constant({ type: 'unmerge' as const }) },
  { weight: 4, arbitrary: fc.constant({ type: 'count' as const }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface History {
  readonly stage: ReportStage;
  readonly threads: Map<string, ThreadId>;
  readonly merges: string[];
}

async function live({ stage, threads, merges }: History, one: Step): Promise<void> {
  if (one.type === 'count') return await stage.count();
  if (one.type === 'unmerge') return await unmerge(stage, merges.pop());
  if (one.type === 'merge') return await merge(stage, one.customer, merges);
  const over = ARRIVALS[one.type];
  if (over !== undefined && 'atMs' in one) {
    return void threads.set(one.customer, await stage.writes(one.customer, one.atMs, over));
  }
  const current = await present(stage, threads.get(one.customer));
  if (current === undefined) return;
  if (one.type === 'answers') await answer(stage, one, current);
  if (one.type === 'status') await stage.setStatus(stage.lead, current, one.status);
  if (one.type === 'loses') await loseCopy(stage, current);
}

const ARRIVALS: Partial<Record<Step['type'], Parameters<ReportStage['writes']>[2]>> = {
  writes: {},
  phone: PHONE,
  backlog: { history: true },
};

async function answer(
  stage: ReportStage,
  one: { readonly customer: string; readonly atMs: number },
  threadId: ThreadId,
): Promise<void> {
  const by = one.customer === CUSTOMERS[0] ? stage.ana : stage.lead;
  await stage.answers(by, threadId, one.atMs).catch(refused);
}

/** An answer that the rules of the day refuse is no part of the history. */
function refused(error: unknown): void {
  expect(error).toMatchObject({ name: 'InboxError' });
}

async function present(stage: ReportStage, threadId: ThreadId | undefined): Promise<ThreadId | undefined> {
  const rows = await db.database.run(
    'test.present',
    (sql) => sql`select 1 from threads where tenant_id = ${stage.team.tenantId} and id = ${threadId ?? null}`,
  );
  return rows.length === 0 ? undefined : threadId;
}

async function contactOf(stage: ReportStage, digits: string): Promise<string | undefined> {
  const [row] = await db.database.run(
    'test.contact',
    (sql) => sql<{ id: string }[]>`
      select contact_id as id from contact_addresses where tenant_id = ${stage.team.tenantId} and value = ${digits}`,
  );
  return row?.id;
}

async function merge(stage: ReportStage, digits: string, merges: string[]): Promise<void> {
  const contactId = await contactOf(stage, digits);
  const intoContactId = await contactOf(stage, CUSTOMERS[(CUSTOMERS.indexOf(digits) + 1) % CUSTOMERS.length] ?? '');
  if (contactId === undefined || intoContactId === undefined || contactId === intoContactId) return;
  const input = { contactId, intoContactId, commandId: newCommandId() };
  const { data } = await stage.team.execute('contact:merge', input, stage.lead);
  merges.push(data.mergeId);
}

async function unmerge(stage: ReportStage, mergeId: string | undefined): Promise<void> {
  if (mergeId === undefined) return;
  await stage.team.execute('contact:unmerge', { mergeId, commandId: newCommandId() }, stage.lead);
}

/** A phone's message turns out to be the copy of one of ours, which stays. */
async function loseCopy(stage: ReportStage, threadId: ThreadId): Promise<void> {
  const { tenantId } = stage.team;
  await db.database.transaction('test.lose', async (tx) => {
    const messages = await tx<{ id: string; isCopy: boolean }[]>`
      select id, direction = 'outbound' and author_type <> 'member' as "isCopy" from messages
      where tenant_id = ${tenantId} and thread_id = ${threadId} order by received_at, id`;
    const copy = messages.find(({ isCopy }) => isCopy);
    const ours = messages.find(({ id }) => id !== copy?.id);
    if (copy === undefined || ours === undefined) return;
    const removed = { id: copy.id, threadId };
    await absorbEcho(tx, { tenantId, id: ours.id }, removed);
    await publishMessages(tx, [{ tenantId, id: ours.id }], { removed });
  });
}

/** All that is counted, and where each conversation that is there stands. */
async function counted({ team: { tenantId } }: ReportStage): Promise<unknown> {
  return await db.database.run('test.counted', async (sql) => ({
    slots: await sql`
      select slot, member_id, received, sent from report_slots where tenant_id = ${tenantId} order by slot, member_id`,
    facts: await sql`
      select thread_id, id, at, kind, member_id, wait_ms, audited from report_facts
      where tenant_id = ${tenantId} order by thread_id, at, id`,
    standings: await sql`
      select s.thread_id, s.last_at, s.last_id, s.resolved, s.waiting_since
      from report_threads s join threads t on t.tenant_id = s.tenant_id and t.id = s.thread_id
      where s.tenant_id = ${tenantId} order by s.thread_id`,
  }));
}

it('counts any history as it is counted anew from what is stored', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 30 }), async (steps) => {
      const history: History = { stage: await reportStage(db.database), threads: new Map(), merges: [] };
      for (const one of steps) await live(history, one);
      await history.stage.count();
      const before = await counted(history.stage);
      await rebuild(db.database, history.stage.team.tenantId);
      expect(before).toEqual(await counted(history.stage));
      steps.forEach(({ type }) => seen.add(type));
    }),
    { numRuns: 20 },
  );
  expect([...seen].sort()).toEqual([
    'answers',
    'backlog',
    'count',
    'loses',
    'merge',
    'phone',
    'status',
    'unmerge',
    'writes',
  ]);
}, 120_000);
