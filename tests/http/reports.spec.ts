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
  expect(report.total).toMatchObject({ received: 5, sent: 5 });
  expect(sentBy(report)).toEqual({ 'agent@acme.test': 2, 'manager@acme.test': 3 });
});

it('to an agent their own work, and nothing of others’', async () => {
  const report = await reportOf('agent@acme.test');
  expect(report.total).toMatchObject({ received: null, begun: null, sent: 2 });
  expect(sentBy(report)).toEqual({ 'agent@acme.test': 2 });
  const idle = await reportOf('idle@acme.test');
  expect(idle.total).toMatchObject({ received: null, sent: 0 });
  expect(sentBy(idle)).toEqual({ 'idle@acme.test': 0 });
});

it('to who runs the platform what is used, and nobody’s work', async () => {
  const report = await reportOf('super_admin@acme.test');
  expect(report.total).toMatchObject({ received: 5, sent: 5, waitMs: null });
  expect(report.members).toEqual([]);
});

it('nothing to another business, whichever it says it is', async () => {
  for (const range of [DAYS, `${DAYS}&tenantId=${tenantId}`]) {
    const headers = await logIn(gateway, 'manager@other.test');
    const answer = await ask(gateway, { path: `/api/reports?${range}`, headers });
    if (answer.status !== 200) {
      expect([400, 403, 404]).toContain(answer.status);
      continue;
    }
    const report = Report.parse(JSON.parse(answer.text));
    expect(report.total).toMatchObject({ received: 0, sent: 0 });
    expect(report.members).toEqual([]);
  }
});

it('of days that are in order and not too many', async () => {
  const headers = await logIn(gateway, 'manager@acme.test');
  expect((await reportOf('manager@acme.test', 'from=2026-01-06&to=2026-01-06')).total).toMatchObject({ received: 0 });
  for (const range of [
    'from=2026-01-06&to=2026-01-05',
    'from=2020-01-01&to=2026-01-05',
    'from=2026-02-30&to=2026-03-01',
  ]) {
    const answer = await ask(gateway, { path: `/api/reports?${range}`, headers });
    expect(answer.status).toBe(400);
    expect(errorOf(answer).code).toBe('invalid_input');
  }
});
