/** What came in while its customer was a part of another, before its message, is theirs again when that is undone. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ContactId, MergeId } from '../../../src/contract/ids.ts';
import { Message } from '../../../src/contract/message.ts';
import { mergeParticipations, unmergeParticipations } from '../../../src/inbox/merging/participations.ts';
import { lockContacts, lockThreadsOf, mergeContacts, unmergeContacts } from '../../../src/inbox/merging/queries.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import type { InboundEvent, Party } from '../../../src/providers/inbound.ts';
import { createTeam, type Team } from '../../support/actors.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, message, messageRow, part, person, reaction, T0 } from '../../support/ingest.ts';

const ANA = person('15550100101', 'Ana');
const BEA = person('15550100102', 'Bea');

let db: TestDatabase;
let team: Team;
let ana: ContactId;
let bea: ContactId;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  team = await createTeam(db.database, 'own');
  await take(written('a1', ANA));
  await take(written('b1', BEA));
  [ana, bea] = [await contactOf('Ana'), await contactOf('Bea')];
});

const take = (event: InboundEvent): Promise<unknown> => apply(db.database, team.account, [part([event])]);
const written = (id: string, chat: Party): InboundEvent =>
  message(team.account.channel, id, { chat, atMs: T0 + 3, idWithinChat: true });
const row = (id: string): Promise<Record<string, unknown>> => messageRow(db.database, team.account.tenantId, id);

async function contactOf(name: string): Promise<ContactId> {
  const [found] = await db.database.run(
    'test.contact',
    (sql) => sql<{ id: ContactId }[]>`
      select id from contacts where tenant_id = ${team.account.tenantId} and display_name = ${name}`,
  );
  if (found === undefined) throw new Error(`nobody is called ${name}`);
  return found.id;
}

/** Bea is a part of Ana while `meanwhile` comes, and not any more afterwards. */
async function whileMerged(...meanwhile: readonly InboundEvent[]): Promise<void> {
  const { tenantId } = team.account;
  const id = uuid7() as MergeId;
  const { memberId } = team.members.lead.caller;
  await db.database.transaction('test.merge', async (tx) => {
    await lockContacts(tx, tenantId, [bea, ana]);
    await lockThreadsOf(tx, tenantId, [bea, ana]);
    await mergeContacts(tx, tenantId, { id, from: bea, into: ana, memberId });
    await mergeParticipations(tx, tenantId, id);
  });
  for (const event of meanwhile) await take(event);
  await db.database.transaction('test.unmerge', async (tx) => {
    await lockContacts(tx, tenantId, [bea, ana]);
    await lockThreadsOf(tx, tenantId, [bea, ana]);
    await unmergeContacts(tx, tenantId, id);
    await unmergeParticipations(tx, tenantId, id);
  });
}

function change(kind: 'edit' | 'revoke', targetId: string): InboundEvent {
  const own = { channel: team.account.channel, atMs: T0 + 9, direction: 'inbound', chat: BEA, own: null } as const;
  const about = { ...own, providerMessageId: `of-${targetId}`, targetId };
  return kind === 'edit' ? { ...about, kind, text: 'edited' } : { ...about, kind };
}
const liked = (id: string): InboundEvent =>
  reaction(team.account.channel, id, '👍', { chat: BEA, idWithinChat: true, atMs: T0 + 9 });

it('an edit and a deletion count', async () => {
  await whileMerged(change('edit', 'b2'), change('revoke', 'b3'));
  await take(written('b2', BEA));
  await take(written('b3', BEA));
  expect(await row('b2')).toMatchObject({ text: 'edited' });
  expect((await row('b3'))['revokedAt']).not.toBeNull();
});

it('a reaction and a vote count, as theirs', async () => {
  const poll = { question: 'Which day?', options: ['Mon', 'Tue'], selectable: 1 };
  const voted: InboundEvent = {
    ...{ kind: 'poll_vote', channel: team.account.channel, atMs: T0 + 8, direction: 'inbound' },
    ...{ providerMessageId: 'v-1', targetId: 'p1', chat: BEA, sender: null, own: null, options: ['Tue'] },
    idWithinChat: true,
  };
  await whileMerged(liked('p1'), voted);
  const about = { chat: BEA, type: 'poll', content: { poll }, idWithinChat: true, atMs: T0 + 3 } as const;
  await take(message(team.account.channel, 'p1', about));
  const { reactions, poll: shown } = Message.parse(await row('p1'));
  expect(reactions).toEqual([{ emoji: '👍', by: { type: 'contact', id: bea } }]);
  expect(shown?.options.map(({ votes }) => votes)).toEqual([0, 1]);
});

it('nobody changes what the other writes once they are two again', async () => {
  await whileMerged();
  await take(change('edit', 'a2'));
  await take(written('a2', ANA));
  expect(await row('a2')).toMatchObject({ text: 'text of a2', editedAt: null });
});
