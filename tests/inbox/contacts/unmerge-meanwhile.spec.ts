/** What came in while its customer was a part of another, before its message, is theirs again when that is undone. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ContactId, MergeId } from '../../../src/contract/ids.ts';
import { Message } from '../../../src/contract/message.ts';
import { mergeParticipations, unmergeParticipations } from '../../../src/inbox/merging/participations.ts';
import {
  lockContacts,
  lockMerge,
  lockThreadsOf,
  mergeContacts,
  unmergeContacts,
} from '../../../src/inbox/merging/queries.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import type {
  EditEvent,
  InboundEvent,
  MessageEvent,
  Party,
  PollVoteEvent,
  ReactionEvent,
} from '../../../src/providers/inbound.ts';
import { createTeam, type Team } from '../../support/actors.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, message, messageRow, part, person, reaction, T0 } from '../../support/ingest.ts';

const ANA = person('15550100101', 'Ana');
const BEA = person('15550100102', 'Bea');
const GROUP: Party = { addresses: [{ type: 'group', value: '120363000000000001' }], name: null };

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

/** Makes one a part of another; returns what undoes it. */
async function merge(from: ContactId, into: ContactId): Promise<() => Promise<void>> {
  const { tenantId } = team.account;
  const id = uuid7() as MergeId;
  const { memberId } = team.members.lead.caller;
  await db.database.transaction('test.merge', async (tx) => {
    await lockContacts(tx, tenantId, [from, into]);
    await lockThreadsOf(tx, tenantId, [from, into]);
    await mergeContacts(tx, tenantId, { id, from, into, memberId });
    await mergeParticipations(tx, tenantId, id);
  });
  return () =>
    db.database.transaction('test.unmerge', async (tx) => {
      await lockContacts(tx, tenantId, [from, into]);
      await lockThreadsOf(tx, tenantId, [from, into]);
      await unmergeContacts(tx, tenantId, id);
      await unmergeParticipations(tx, tenantId, id);
    });
}

/** Bea is a part of Ana while `meanwhile` comes, and not any more afterwards. */
async function whileMerged(...meanwhile: readonly InboundEvent[]): Promise<void> {
  const undo = await merge(bea, ana);
  for (const event of meanwhile) await take(event);
  await undo();
}

function change(kind: 'edit' | 'revoke', targetId: string, over: Partial<EditEvent> = {}): InboundEvent {
  const own = { channel: team.account.channel, atMs: T0 + 9, direction: 'inbound', chat: BEA, own: null } as const;
  const about = { ...own, providerMessageId: `of-${targetId}`, targetId, ...over };
  return kind === 'edit' ? { ...about, kind, text: 'edited' } : { ...about, kind };
}
const liked = (id: string, over: Partial<ReactionEvent> = {}): InboundEvent =>
  reaction(team.account.channel, id, '👍', { chat: BEA, idWithinChat: true, atMs: T0 + 9, ...over });
const voted = (id: string, over: Partial<PollVoteEvent> = {}): InboundEvent => ({
  ...{ kind: 'poll_vote', channel: team.account.channel, atMs: T0 + 8, direction: 'inbound' },
  ...{ providerMessageId: `v-${id}`, targetId: id, chat: BEA, sender: null, own: null, options: ['Tue'] },
  idWithinChat: true,
  ...over,
});
const asked = (id: string, over: Partial<MessageEvent> = {}): InboundEvent => {
  const poll = { question: 'Which day?', options: ['Mon', 'Tue'], selectable: 1 };
  const about = { chat: BEA, type: 'poll', content: { poll }, idWithinChat: true, atMs: T0 + 3 } as const;
  return message(team.account.channel, id, { ...about, ...over });
};
/** The same, received now: after what has been merged, and before what is undone later. */
const takeNow = (event: InboundEvent): Promise<unknown> =>
  apply(db.database, team.account, [part([event], { receivedAtMs: Date.now() + 1 })]);
const said = async (id: string): Promise<unknown> => {
  const { reactions, poll } = Message.parse(await row(id));
  return { by: reactions.map(({ by }) => by.id), votes: poll?.options.map(({ votes }) => votes) };
};
async function voters(id: string): Promise<unknown> {
  return await db.database.run(
    'test.voters',
    (sql) => sql`
      select v.by_id as id from poll_votes v join messages m on m.tenant_id = v.tenant_id and m.id = v.message_id
      where m.tenant_id = ${team.account.tenantId} and m.provider_message_id = ${id}`,
  );
}

it('an edit and a deletion count', async () => {
  await whileMerged(change('edit', 'b2'), change('revoke', 'b3'));
  await take(written('b2', BEA));
  await take(written('b3', BEA));
  expect(await row('b2')).toMatchObject({ text: 'edited' });
  expect((await row('b3'))['revokedAt']).not.toBeNull();
});

it('a reaction and a vote count, as theirs', async () => {
  await whileMerged(liked('p1'), voted('p1'));
  await take(asked('p1'));
  expect(await said('p1')).toEqual({ by: [bea], votes: [0, 1] });
});

it('a reaction and a vote in a group count, as theirs', async () => {
  const inGroup = { chat: GROUP, sender: BEA };
  await whileMerged(liked('p1', inGroup), voted('p1', inGroup));
  await take(asked('p1', { chat: GROUP, sender: ANA }));
  expect(await said('p1')).toEqual({ by: [bea], votes: [0, 1] });
  expect(await voters('p1')).toEqual([{ id: bea }]);
});

it('a reaction and a vote of then in a group are theirs, and theirs to take back', async () => {
  const inGroup = { chat: GROUP, sender: BEA };
  await take(asked('p1', { chat: GROUP, sender: ANA }));
  await whileMerged(liked('p1', inGroup), voted('p1', inGroup));
  expect(await said('p1')).toEqual({ by: [bea], votes: [0, 1] });
  expect(await voters('p1')).toEqual([{ id: bea }]);
  await take(liked('p1', { ...inGroup, emoji: null, atMs: T0 + 20 }));
  await take(voted('p1', { ...inGroup, options: [], atMs: T0 + 20 }));
  expect(await said('p1')).toEqual({ by: [], votes: [0, 0] });
});

it('a reaction in a group waits for nobody who is about to separate them', async () => {
  await take(asked('p1', { chat: GROUP, sender: ANA }));
  await merge(bea, ana);
  const [merged] = await db.database.run(
    'test.merged',
    (sql) => sql<{ id: MergeId }[]>`select id from contact_merges where tenant_id = ${team.account.tenantId}`,
  );
  await db.database.transaction('test.separating', async (tx) => {
    await lockMerge(tx, team.account.tenantId, merged!.id);
    await take(liked('p1', { chat: GROUP, sender: BEA }));
  });
  expect(await said('p1')).toEqual({ by: [ana], votes: [0, 0] });
});

it('a message of then that the carrier repeats is the same, and begins no conversation', async () => {
  const undo = await merge(bea, ana);
  const cleo = person('15550100103', 'Cleo');
  await take(message(team.account.channel, 'of-cleo', { chat: GROUP, sender: cleo }));
  const undoCleo = await merge(await contactOf('Cleo'), ana);
  await takeNow(written('b2', BEA));
  await takeNow(written('c1', cleo));
  await undoCleo();
  await undo();
  const stored = () =>
    db.database.run(
      'test.stored',
      (sql) => sql`
        select (select count(*)::int from messages where tenant_id = ${team.account.tenantId}) as messages,
          (select count(*)::int from threads where tenant_id = ${team.account.tenantId}) as threads`,
    );
  const before = await stored();
  await take(written('b2', BEA));
  await take(written('c1', cleo));
  expect(await stored()).toEqual(before);
});

it('nobody changes what the other writes once they are two again', async () => {
  await whileMerged();
  await take(change('edit', 'a2'));
  await take(written('a2', ANA));
  expect(await row('a2')).toMatchObject({ text: 'text of a2', editedAt: null });
});

it('what they wrote while they were one they may still change, whoever has it now', async () => {
  const undo = await merge(bea, ana);
  await takeNow(written('b2', BEA));
  await takeNow(written('b3', BEA));
  await takeNow(message(team.account.channel, 'g1', { chat: GROUP, sender: BEA, atMs: T0 + 3 }));
  await undo();
  await take(change('edit', 'b2'));
  await take(liked('b3'));
  await take(change('edit', 'g1', { chat: GROUP, sender: BEA }));
  expect(await row('b2')).toMatchObject({ text: 'edited' });
  expect(Message.parse(await row('b3')).reactions).toMatchObject([{ emoji: '👍' }]);
  expect(await row('g1')).toMatchObject({ text: 'edited' });
});

describe('where the other became a part of a third as well', () => {
  const CLEO = person('15550100103', 'Cleo');
  const inGroup = { chat: GROUP, sender: BEA };
  const late = (): InboundEvent[] => [
    ...[change('edit', 'b2'), change('revoke', 'b3'), liked('p1'), voted('p1')],
    ...[liked('p2', inGroup), voted('p2', inGroup), change('edit', 'g1', inGroup)],
  ];
  const theirMessages = (): InboundEvent[] => [
    ...[written('b2', BEA), written('b3', BEA), asked('p1'), asked('p2', { chat: GROUP, sender: ANA })],
    message(team.account.channel, 'g1', { ...inGroup, atMs: T0 + 3 }),
  ];
  const takeAll = async (events: readonly InboundEvent[]): Promise<void> => {
    for (const event of events) await take(event);
  };
  async function expectAllOf(contact: ContactId): Promise<void> {
    expect(await row('b2')).toMatchObject({ text: 'edited' });
    expect((await row('b3'))['revokedAt']).not.toBeNull();
    expect(await said('p1')).toEqual({ by: [contact], votes: [0, 1] });
    expect(await said('p2')).toEqual({ by: [contact], votes: [0, 1] });
    expect(await voters('p2')).toEqual([{ id: contact }]);
    expect(await row('g1')).toMatchObject({ text: 'edited' });
  }
  let cleo: ContactId;

  beforeEach(async () => {
    await take(written('c1', CLEO));
    cleo = await contactOf('Cleo');
  });

  it.each(['both', 'the second'])('all of it counts when %s is undone', async (undone) => {
    const undoFirst = await merge(bea, ana);
    const undoSecond = await merge(ana, cleo);
    await takeAll(late());
    await undoSecond();
    if (undone === 'both') await undoFirst();
    await takeAll(theirMessages());
    await expectAllOf(undone === 'both' ? bea : ana);
  });

  it('all of it counts when they are merged into somebody else afterwards', async () => {
    const undo = await merge(bea, ana);
    await takeAll(late());
    await undo();
    await merge(bea, cleo);
    await takeAll(theirMessages());
    await expectAllOf(cleo);
  });

  it('what they wrote while they were one they may change after all are two again', async () => {
    const undoFirst = await merge(bea, ana);
    const undoSecond = await merge(ana, cleo);
    await takeNow(written('b2', BEA));
    await undoSecond();
    await undoFirst();
    await take(change('edit', 'b2'));
    expect(await row('b2')).toMatchObject({ text: 'edited' });
  });
});
