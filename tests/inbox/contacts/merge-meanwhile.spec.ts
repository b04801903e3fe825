/** A message that comes in while its customer is being merged belongs to whom the customer is afterwards. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ContactId, MergeId } from '../../../src/contract/ids.ts';
import { lockContacts, lockThreadsOf, mergeContacts } from '../../../src/inbox/merging/queries.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import type { InboundEvent } from '../../../src/providers/inbound.ts';
import { createTeam, type Team } from '../../support/actors.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, message, part, person, reaction, T0 } from '../../support/ingest.ts';
import { waitFor } from '../../support/wait.ts';

const ANA = person('15550100101', 'Ana');
const BEA = person('15550100102', 'Bea');

let db: TestDatabase;
let team: Team;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  team = await createTeam(db.database, 'own');
});

const take = (event: InboundEvent): Promise<unknown> => apply(db.database, team.account, [part([event])]);
const fromBea = (id: string, atMs: number): InboundEvent => message(team.account.channel, id, { chat: BEA, atMs });

async function contactOf(name: string): Promise<ContactId> {
  const [row] = await db.database.run(
    'test.contact',
    (sql) => sql<{ id: ContactId }[]>`
      select id from contacts where tenant_id = ${team.account.tenantId} and display_name = ${name}`,
  );
  if (row === undefined) throw new Error(`nobody is called ${name}`);
  return row.id;
}

/** Merges Bea into Ana, whose id it returns; commits when `coming` waits for it. */
async function mergeWhile(coming: () => Promise<unknown>): Promise<ContactId> {
  const { tenantId } = team.account;
  const [from, into] = [await contactOf('Bea'), await contactOf('Ana')];
  const memberId = team.members.lead.caller.memberId;
  const begun = await db.database.transaction('test.merge', async (tx) => {
    await lockContacts(tx, tenantId, [from, into]);
    await lockThreadsOf(tx, tenantId, [from, into]);
    await mergeContacts(tx, tenantId, { id: uuid7() as MergeId, from, into, memberId });
    const taken = coming();
    await waitFor(isWaiting, { what: 'the batch waits for the merge' });
    return { taken };
  });
  await begun.taken;
  return into;
}

async function isWaiting(): Promise<boolean> {
  const rows = await db.database.run(
    'test.waiting',
    (sql) => sql`
      select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%ingest_%'`,
  );
  return rows.length > 0;
}

async function threads(): Promise<{ contact: ContactId; messages: string[] }[]> {
  return await db.database.run(
    'test.threads',
    (sql) => sql<{ contact: ContactId; messages: string[] }[]>`
      select t.contact_id as contact, array(select m.provider_message_id from messages m
        where m.tenant_id = t.tenant_id and m.thread_id = t.id order by m.position) as messages
      from threads t where t.tenant_id = ${team.account.tenantId}`,
  );
}

describe('a message of somebody who is being merged', () => {
  beforeEach(() => take(message(team.account.channel, 'a1', { chat: ANA, atMs: T0 + 1 })));

  it('is found in the conversation that theirs became a part of', async () => {
    await take(fromBea('b1', T0 + 2));
    const ana = await mergeWhile(() => take(fromBea('b2', T0 + 3)));
    expect(await threads()).toEqual([{ contact: ana, messages: ['a1', 'b1', 'b2'] }]);
  });

  it('opens no conversation of somebody who is gone', async () => {
    await take(reaction(team.account.channel, 'unknown', '👍', { chat: BEA }));
    const ana = await mergeWhile(() => take(fromBea('b1', T0 + 2)));
    expect(await threads()).toEqual([{ contact: ana, messages: ['a1', 'b1'] }]);
  });
});
