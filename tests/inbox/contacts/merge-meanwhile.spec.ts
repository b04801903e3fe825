/** What comes in while its customer is being merged belongs to whom the customer is afterwards. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ContactId, MergeId } from '../../../src/contract/ids.ts';
import { Message } from '../../../src/contract/message.ts';
import { mergeParticipations } from '../../../src/inbox/merging/participations.ts';
import { lockContacts, lockThreadsOf, mergeContacts } from '../../../src/inbox/merging/queries.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import type { Tx } from '../../../src/platform/postgres.ts';
import type { EditEvent, InboundEvent, Party, PollVoteEvent, ReactionEvent } from '../../../src/providers/inbound.ts';
import { createTeam, type Team } from '../../support/actors.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { holding } from '../../support/hold.ts';
import { apply, message, messageRow, part, person, reaction, T0 } from '../../support/ingest.ts';
import { waitFor } from '../../support/wait.ts';

const ANA = person('15550100101', 'Ana');
const BEA = person('15550100102', 'Bea');
const GROUP: Party = { addresses: [{ type: 'group', value: '120363000000000001' }], name: null };

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

async function give(tx: Tx, from: ContactId, into: ContactId): Promise<void> {
  const { tenantId } = team.account;
  const [id, { memberId }] = [uuid7() as MergeId, team.members.lead.caller];
  await mergeContacts(tx, tenantId, { id, from, into, memberId });
  await mergeParticipations(tx, tenantId, id);
}

/** Merges Bea into Ana, whose id it returns; commits when `coming` waits for it. */
async function mergeWhile(coming: () => Promise<unknown>): Promise<ContactId> {
  const { tenantId } = team.account;
  const [from, into] = [await contactOf('Bea'), await contactOf('Ana')];
  const begun = await holding(db.database, async (tx) => {
    await lockContacts(tx, tenantId, [from, into]);
    await lockThreadsOf(tx, tenantId, [from, into]);
    await give(tx, from, into);
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

/** Merges while nothing comes; returns who remains. */
async function merge(fromName: string, intoName: string): Promise<ContactId> {
  const [from, into] = [await contactOf(fromName), await contactOf(intoName)];
  await db.database.transaction('test.merge', (tx) => give(tx, from, into));
  return into;
}

const row = (id: string): Promise<Record<string, unknown>> => messageRow(db.database, team.account.tenantId, id);

const changed = (kind: 'edit' | 'revoke', targetId: string, over: Partial<EditEvent> = {}): InboundEvent => {
  const own = { channel: team.account.channel, atMs: T0 + 9, direction: 'inbound', chat: BEA, own: null } as const;
  const change = { ...own, providerMessageId: `of-${targetId}`, targetId };
  return kind === 'edit' ? { ...change, kind, text: 'edited', ...over } : { ...change, kind };
};

describe('what somebody who is being merged changes of their messages', () => {
  beforeEach(async () => {
    await take(message(team.account.channel, 'a1', { chat: ANA, atMs: T0 + 1 }));
    await take(fromBea('b1', T0 + 2));
  });

  it('is changed, also when they are merged before it is applied', async () => {
    await take(fromBea('b2', T0 + 3));
    const both = part([changed('edit', 'b1'), changed('revoke', 'b2')]);
    await mergeWhile(() => apply(db.database, team.account, [both]));
    expect(await row('b1')).toMatchObject({ text: 'edited' });
    expect((await row('b2'))['revokedAt']).not.toBeNull();
  });

  it('is changed, also when they are merged before the message itself has come', async () => {
    await take(changed('edit', 'b2'));
    await take(changed('revoke', 'b3'));
    await merge('Bea', 'Ana');
    await take(fromBea('b2', T0 + 3));
    await take(fromBea('b3', T0 + 4));
    expect(await row('b2')).toMatchObject({ text: 'edited' });
    expect((await row('b3'))['revokedAt']).not.toBeNull();
  });

  it('is changed, however often they are merged meanwhile', async () => {
    await take(message(team.account.channel, 'c1', { chat: person('15550100103', 'Cleo'), atMs: T0 + 1 }));
    await take(changed('edit', 'b2'));
    await merge('Bea', 'Ana');
    await merge('Ana', 'Cleo');
    await take(fromBea('b2', T0 + 3));
    expect(await row('b2')).toMatchObject({ text: 'edited' });
  });

  it('is changed in a group', async () => {
    const inGroup = { chat: GROUP, sender: BEA };
    const written = (id: string): InboundEvent => message(team.account.channel, id, { ...inGroup, atMs: T0 + 3 });
    await take(written('g1'));
    await take(changed('edit', 'g2', inGroup));
    await mergeWhile(() => take(changed('edit', 'g1', inGroup)));
    await take(written('g2'));
    expect(await row('g1')).toMatchObject({ text: 'edited' });
    expect(await row('g2')).toMatchObject({ text: 'edited' });
  });

  it('is nobody else’s to change', async () => {
    await take(message(team.account.channel, 'c1', { chat: person('15550100103', 'Cleo'), atMs: T0 + 1 }));
    await take(changed('edit', 'c2'));
    await merge('Bea', 'Ana');
    await take(message(team.account.channel, 'c2', { chat: person('15550100103', 'Cleo'), atMs: T0 + 3 }));
    expect(await row('c2')).toMatchObject({ text: 'text of c2', editedAt: null });
  });
});

describe('what somebody who is being merged says of a message', () => {
  const poll = { question: 'Which day?', options: ['Mon', 'Tue'], selectable: 1 };
  const asked = (id: string): InboundEvent =>
    message(team.account.channel, id, { chat: BEA, type: 'poll', content: { poll }, idWithinChat: true, atMs: T0 + 3 });
  const liked = (id: string, emoji: string, over: Partial<ReactionEvent> = {}): InboundEvent =>
    reaction(team.account.channel, id, emoji, { chat: BEA, idWithinChat: true, ...over });
  const voted = (targetId: string, option: string, over: Partial<PollVoteEvent> = {}): InboundEvent => ({
    ...{ kind: 'poll_vote', channel: team.account.channel, atMs: T0 + 8, direction: 'inbound' },
    ...{ providerMessageId: `v-${option}`, targetId, chat: BEA, sender: null, own: null, options: [option] },
    idWithinChat: true,
    ...over,
  });
  const said = async (id: string): Promise<unknown> => {
    const { reactions, poll: shown } = Message.parse(await row(id));
    return { reactions, votes: shown?.options.map(({ votes }) => votes) };
  };

  beforeEach(async () => {
    await take(message(team.account.channel, 'a1', { chat: ANA, atMs: T0 + 1 }));
    await take(asked('p1'));
  });

  it('counts, also when they are merged before it is applied', async () => {
    const id = await mergeWhile(() =>
      apply(db.database, team.account, [part([liked('p1', '👍'), voted('p1', 'Mon')])]),
    );
    expect(await said('p1')).toEqual({ reactions: [{ emoji: '👍', by: { type: 'contact', id } }], votes: [1, 0] });
  });

  it('counts as theirs, also when they are merged before the message itself has come', async () => {
    await take(liked('p2', '👍'));
    await take(voted('p2', 'Mon'));
    const id = await merge('Bea', 'Ana');
    await take(asked('p2'));
    expect(await said('p2')).toEqual({ reactions: [{ emoji: '👍', by: { type: 'contact', id } }], votes: [1, 0] });
  });

  it('counts once, where they say something else after the merge', async () => {
    await take(liked('p2', '👍'));
    await take(voted('p2', 'Mon'));
    const id = await merge('Bea', 'Ana');
    await take(liked('p2', '❤️', { atMs: T0 + 2000 }));
    await take(voted('p2', 'Tue', { atMs: T0 + 2000 }));
    await take(asked('p2'));
    expect(await said('p2')).toEqual({ reactions: [{ emoji: '❤️', by: { type: 'contact', id } }], votes: [0, 1] });
  });
});

it('a message for which a reaction of somebody waits who is being erased is stored', async () => {
  const { tenantId, channel } = team.account;
  await take(message(channel, 'a1', { chat: ANA, atMs: T0 + 1 }));
  await take(fromBea('b1', T0 + 2));
  await take(reaction(channel, 'g1', '👍', { chat: GROUP, sender: BEA, idWithinChat: true }));
  const [bea, ana] = [await contactOf('Bea'), await merge('Bea', 'Ana')];
  const { taken } = await holding(db.database, async (tx) => {
    await lockContacts(tx, tenantId, [bea, ana]);
    await tx`select forget_contacts(${tenantId}, ${[bea, ana]}::uuid[])`;
    const coming = take(
      message(channel, 'g1', { chat: GROUP, sender: person('15550100103', 'Cem'), idWithinChat: true }),
    );
    await waitFor(isWaiting, { what: 'the batch waits for the erasure' });
    return { taken: coming };
  });
  await taken;
  expect(await row('g1')).toMatchObject({ text: 'text of g1' });
});

it('what the release before has left waiting, which kept no addresses, counts', async () => {
  await take(message(team.account.channel, 'a1', { chat: ANA, atMs: T0 + 1 }));
  await take(fromBea('b1', T0 + 2));
  await take(changed('edit', 'b2'));
  await take(reaction(team.account.channel, 'b2', '👍', { chat: BEA, idWithinChat: true }));
  await db.database.run(
    'test.before',
    (sql) => sql`update parked set item = (item::jsonb - 'chat_addresses' - 'author_addresses' - 'by_addresses')::json
      where tenant_id = ${team.account.tenantId}`,
  );
  const id = await merge('Bea', 'Ana');
  await take(fromBea('b2', T0 + 3));
  expect(await row('b2')).toMatchObject({ text: 'edited', reactions: [{ emoji: '👍', by: { type: 'contact', id } }] });
});

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
