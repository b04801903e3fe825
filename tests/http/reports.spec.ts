/** `GET /api/reports` shows everybody what their role may see, of their own business. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TenantId } from '../../src/contract/ids.ts';
import { Report } from '../../src/contract/reports.ts';
import { ask, errorOf, logIn, newMember, newTenant, startGateway, type Gateway } from './support.ts';

const DAYS = 'from=2026-01-05&to=2026-01-06';
const ROLES = ['super_admin', 'tenant_admin', 'manager', 'agent'] as const;

let gateway: Gateway;
let tenantId: TenantId;

beforeAll(async () => {
  gateway = await startGateway();
  tenantId = await newTenant(gateway.db, 'acme');
  const otherId = await newTenant(gateway.db, 'other');
  for (const role of ROLES) await newMember(gateway.db, { tenantId, email: `${role}@acme.test`, role });
  await newMember(gateway.db, { tenantId, email: 'idle@acme.test', role: 'agent' });
  await newMember(gateway.db, { tenantId: otherId, email: 'manager@other.test', role: 'manager' });
  await gateway.db.run(
    'test.slots',
    (sql) => sql`
      insert into report_slots (tenant_id, slot, member_id, received, sent)
      select ${tenantId}, '2026-01-05T12:00:00Z'::timestamptz, null::uuid, 5, 0 union all
      select m.tenant_id, '2026-01-05T12:00:00Z', m.id, 0, case m.display_name when 'agent@acme.test' then 2 else 3 end
      from tenant_members m
      where m.tenant_id = ${tenantId} and m.display_name in ('agent@acme.test', 'manager@acme.test')`,
  );
  // The agent had a customer wait for a second, the manager for nine.
  await gateway.db.run(
    'test.facts',
    (sql) => sql`
      insert into report_facts (tenant_id, thread_id, id, at, kind, member_id, wait_ms, audited)
      select m.tenant_id, uuidv7(), uuidv7(), '2026-01-05T12:00:00Z', 'answered', m.id,
        case m.display_name when 'agent@acme.test' then 1000 else 9000 end, false
      from tenant_members m
      where m.tenant_id = ${tenantId} and m.display_name in ('agent@acme.test', 'manager@acme.test')`,
  );
});
afterAll(() => gateway.close());

async function reportOf(email: string, range = DAYS): Promise<Report> {
  const headers = await logIn(gateway, email);
  const answer = await ask(gateway, { path: `/api/reports?${range}`, headers });
  expect(answer.status).toBe(200);
  return Report.parse(JSON.parse(answer.text));
}

const sentBy = ({ members }: Report): unknown =>
  Object.fromEntries(members.map(({ displayName, sent }) => [displayName, sent]));

it.each(['tenant_admin', 'manager'] as const)('all of it to a %s', async (role) => {
  const report = await reportOf(`${role}@acme.test`);
  expect(report.total).toMatchObject({ received: 5, sent: 5, answered: 2, waitMs: { p50: 1000, p90: 9000 } });
  expect(sentBy(report)).toEqual({ 'agent@acme.test': 2, 'manager@acme.test': 3 });
});

it('to an agent their own work, and nothing of others’', async () => {
  const report = await reportOf('agent@acme.test');
  expect(report.total).toMatchObject({ received: null, begun: null, sent: 2, waitMs: { p50: 1000, p90: 1000 } });
  expect(sentBy(report)).toEqual({ 'agent@acme.test': 2 });
  const idle = await reportOf('idle@acme.test');
  expect(idle.total).toMatchObject({ received: null, sent: 0, answered: 0, waitMs: null });
  expect(sentBy(idle)).toEqual({ 'idle@acme.test': 0 });
});

it('to who runs the platform what is used, and nobody’s work', async () => {
  const report = await reportOf('super_admin@acme.test');
  expect(report.total).toMatchObject({ received: 5, sent: 5, answered: 2, waitMs: null });
  expect(report.days.map(({ waitMs }) => waitMs)).toEqual([null, null]);
  expect(report.members).toEqual([]);
});

it('nothing to another business, also when it says that it is this one', async () => {
  const report = await reportOf('manager@other.test', DAYS);
  expect(report.total).toMatchObject({ received: 0, sent: 0, answered: 0 });
  expect(report.members).toEqual([]);
  const headers = await logIn(gateway, 'manager@other.test');
  const named = await ask(gateway, { path: `/api/reports?${DAYS}&tenantId=${tenantId}`, headers });
  expect([named.status, errorOf(named).code]).toEqual([400, 'invalid_input']);
  const claimed = { ...headers, 'x-tenant-id': tenantId };
  const answer = await ask(gateway, { path: `/api/reports?${DAYS}`, headers: claimed });
  expect([answer.status, errorOf(answer).code]).toEqual([403, 'forbidden']);
});

it('nothing to who is not logged in', async () => {
  const answer = await ask(gateway, { path: `/api/reports?${DAYS}` });
  expect([answer.status, errorOf(answer).code]).toEqual([401, 'unauthenticated']);
});

it('of the days asked for, from their first moment to their last', async () => {
  await gateway.db.run(
    'test.edges',
    (sql) => sql`
      insert into report_slots (tenant_id, slot, received)
      values (${tenantId}, '2026-02-09T23:45:00Z', 1), (${tenantId}, '2026-02-10T00:00:00Z', 10),
        (${tenantId}, '2026-02-11T23:45:00Z', 100), (${tenantId}, '2026-02-12T00:00:00Z', 1000)`,
  );
  await gateway.db.run(
    'test.edges',
    (sql) => sql`
      insert into report_facts (tenant_id, thread_id, id, at, kind, audited)
      select ${tenantId}, uuidv7(), uuidv7(), at, 'begun', false from unnest(array['2026-02-09T23:59:59.999Z',
        '2026-02-10T00:00:00Z', '2026-02-11T23:59:59.999Z', '2026-02-12T00:00:00Z']::timestamptz[]) at`,
  );
  const both = await reportOf('manager@acme.test', 'from=2026-02-10&to=2026-02-11');
  expect(both.total).toMatchObject({ received: 110, begun: 2 });
  expect(both.days.map(({ received, begun }) => [received, begun])).toEqual([
    [10, 1],
    [100, 1],
  ]);
  const east = await reportOf('manager@acme.test', 'from=2026-02-12&to=2026-02-12&timeZone=Asia/Tokyo');
  expect(east.total).toMatchObject({ received: 1100, begun: 2 });
});

it('of 92 days at most, which are in order and in the calendar', async () => {
  expect((await reportOf('manager@acme.test', 'from=2026-01-01&to=2026-04-02')).days).toHaveLength(92);
  const headers = await logIn(gateway, 'manager@acme.test');
  for (const [range, field] of [
    ['from=2026-01-01&to=2026-04-03', 'to'],
    ['from=2026-01-06&to=2026-01-05', 'to'],
    ['from=2026-02-30&to=2026-03-01', 'from'],
    ['from=1969-12-31&to=1970-01-01', 'from'],
  ] as const) {
    const answer = await ask(gateway, { path: `/api/reports?${range}`, headers });
    expect([range, answer.status, errorOf(answer).code]).toEqual([range, 400, 'invalid_input']);
    expect(errorOf(answer).details).toEqual([expect.objectContaining({ path: field })]);
  }
});
