/** Two contacts that are one person become one, and can be taken apart again exactly. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Contact, Thread } from '../../../src/contract/entities.ts';
import { InboxError } from '../../../src/contract/errors.ts';
import type { ContactId, MergeId, ThreadId } from '../../../src/contract/ids.ts';
import type { Message } from '../../../src/contract/message.ts';
import type { ExecuteCommand } from '../../../src/inbox/command.ts';
import type { InboundEvent, MessageEvent, Party } from '../../../src/providers/inbound.ts';
import { createTeam, createTestExecutor, type Team } from '../../support/actors.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, message, part, person, reaction, T0 } from '../../support/ingest.ts';

const ANA = person('15550100101', 'Ana at work');
const LID: Party = { addresses: [{ type: 'lid', value: '220000000000101' }], name: 'Ana on her phone' };

let db: TestDatabase;
let execute: ExecuteCommand;
let team: Team;

beforeAll(async () => {
  db = await createTestDatabase();
  execute = createTestExecutor(db.database);
});
afterAll(() => db.drop());
beforeEach(async () => {
  team = await createTeam(db.database, 'own');
});

const take = (...events: InboundEvent[]): Promise<unknown> => apply(db.database, team.account, [part(events)]);
const said = (id: string, chat: Party, atMs: number, over: Partial<MessageEvent> = {}): MessageEvent =>
  message(team.account.channel, id, { chat, atMs, ...over });
const lead = (): Team['members']['lead']['caller'] => team.members.lead.caller;

async function threads(): Promise<Thread[]> {
  return (await execute('thread:list', {}, lead())).data.items;
}

async function find(name: string): Promise<Thread> {
  const found = (await threads()).find((thread) => thread.contact.displayName === name);
  if (found === undefined) throw new Error(`no thread of ${name}`);
  return found;
}

async function messages(threadId: ThreadId): Promise<Message[]> {
  return (await execute('thread:messages', { threadId }, lead())).data.items;
}

const ids = (items: readonly Message[]): (string | null)[] => items.map(({ providerMessageId }) => providerMessageId);
const merge = (from: Contact, into: Contact, as = lead()) =>
  execute('contact:merge', { contactId: from.id, intoContactId: into.id }, as);
const codeOf = (error: unknown): string => (error instanceof InboxError ? error.code : String(error));

async function events(afterSeq: number): Promise<{ type: string; data: Record<string, unknown> }[]> {
  return await db.database.run(
    'test.events',
    (sql) => sql<{ type: string; data: Record<string, unknown> }[]>`
      select type, data from tenant_events where tenant_id = ${team.account.tenantId} and seq > ${afterSeq} order by seq`,
  );
}

async function head(): Promise<number> {
  return (await execute('inbox:snapshot', {}, lead())).data.cursor.seq;
}

/** Two threads of the same number, interleaved, with a note, tags, a reaction and an assignee. */
async function prepare(): Promise<{ work: Thread; phone: Thread }> {
  await take(
    said('w1', ANA, T0 + 1),
    said('p1', LID, T0 + 2),
    said('w2', ANA, T0 + 3),
    said('p2', LID, T0 + 4, { contextId: 'p1' }),
    reaction(team.account.channel, 'p1', '👍', { chat: LID }),
  );
  const phone = await find('Ana on her phone');
  await execute('note:add', { threadId: phone.id, text: 'likes tea' }, lead());
  await execute('thread:set-tags', { threadId: phone.id, add: ['vip'] }, lead());
  return { work: await find('Ana at work'), phone: await find('Ana on her phone') };
}

describe('merging', () => {
  it('folds threads of one number: every message with its id, in order; unread and last message counted anew', async () => {
    const { work, phone } = await prepare();
    const before = await head();
    const { data } = await merge(phone.contact, work.contact);
    const [thread, ...others] = await threads();
    expect(others).toEqual([]);
    expect(data.threads).toEqual([thread]);
    expect(thread).toMatchObject({
      id: work.id,
      unreadCount: 4,
      tags: ['vip'],
      lastMessage: { id: phone.lastMessage?.id },
    });
    expect(thread?.contact.addresses.map(({ type }) => type).sort()).toEqual(['lid', 'wa_id']);
    expect(thread?.contact.merges).toMatchObject([{ id: data.mergeId, displayName: 'Ana on her phone' }]);
    const shown = await messages(work.id);
    expect(ids(shown)).toEqual(['w1', 'p1', 'w2', 'p2']);
    expect(new Set(shown.map(({ author }) => author.id))).toEqual(new Set([work.contact.id]));
    expect(shown[1]?.reactions).toEqual([{ emoji: '👍', by: { type: 'contact', id: work.contact.id } }]);
    expect(shown[3]?.replyTo?.messageId).toBe(shown[1]?.id);
    const logged = await events(before);
    expect(logged.map(({ type }) => type)).toEqual([
      'thread.removed',
      'message.updated',
      'message.updated',
      'note.created',
      'thread.updated',
    ]);
    expect(logged[0]?.data).toEqual({ threadId: phone.id, reason: 'merged' });
  });

  it('sends what comes from either address into the one thread', async () => {
    const { work, phone } = await prepare();
    await merge(phone.contact, work.contact);
    await take(said('p3', LID, T0 + 10), said('w3', ANA, T0 + 11), said('p1', LID, T0 + 2));
    expect(await threads()).toHaveLength(1);
    expect(ids(await messages(work.id))).toEqual(['w1', 'p1', 'w2', 'p2', 'p3', 'w3']);
  });

  it('is refused for strangers, groups, one contact twice, a contact that is gone, and while something is being sent', async () => {
    const { work, phone } = await prepare();
    const group = { addresses: [{ type: 'group' as const, value: '120363000000000001' }], name: 'Team' };
    await take(said('g1', group, T0 + 5, { sender: ANA }));
    expect(await merge(work.contact, work.contact).catch(codeOf)).toBe('invalid_input');
    expect(await merge((await find('Team')).contact, work.contact).catch(codeOf)).toBe('invalid_input');
    const nobody = { ...work.contact, id: team.account.tenantId as never };
    expect(await merge(nobody, work.contact).catch(codeOf)).toBe('not_found');
    await db.database.run(
      'test.sending',
      (sql) => sql`
      update messages set send_state = 'sending' where tenant_id = ${team.account.tenantId} and provider_message_id = 'p1'`,
    );
    expect(await merge(phone.contact, work.contact).catch(codeOf)).toBe('conflict');
    await db.database.run(
      'test.sent',
      (sql) => sql`
      update messages set send_state = 'none' where tenant_id = ${team.account.tenantId} and provider_message_id = 'p1'`,
    );
    await merge(phone.contact, work.contact);
    expect(await merge(phone.contact, work.contact).catch(codeOf)).toMatch(/not_found|invalid_input/);
  });

  it('is for whoever may work on all conversations of both', async () => {
    const { work, phone } = await prepare();
    const ana = team.members.ana.caller;
    const give = (thread: Thread, to: string | null) =>
      execute('thread:assign', { threadId: thread.id, assigneeId: to }, lead());
    expect(await merge(phone.contact, work.contact, ana).catch(codeOf)).toBe('not_found');
    await give(work, ana.memberId);
    expect(await merge(phone.contact, work.contact, ana).catch(codeOf)).toBe('not_found');
    await give(phone, ana.memberId);
    const { data } = await merge(phone.contact, work.contact, ana);
    expect(await execute('contact:unmerge', { mergeId: data.mergeId }, team.members.bruno.caller).catch(codeOf)).toBe(
      'not_found',
    );
    const [audited] = await db.database.run(
      'test.audit',
      (sql) => sql<{ actor: string; subject: string }[]>`
      select actor_id as actor, subject_id as subject from audit_log where tenant_id = ${team.account.tenantId} and action = 'contact.merged'`,
    );
    expect(audited).toEqual({ actor: ana.memberId, subject: phone.contact.id });
  });

  it('with a first message on its way at the same moment loses nothing and leaves nobody behind', async () => {
    for (let round = 0; round < 6; round += 1) {
      team = await createTeam(db.database, 'own');
      const { work, phone } = await prepare();
      await Promise.all([
        merge(phone.contact, work.contact),
        ...[1, 2, 3].map((n) => take(said(`x${String(n)}`, LID, T0 + 20 + n))),
      ]);
      const [thread, ...others] = await threads();
      expect(others).toEqual([]);
      expect(thread).toMatchObject({ id: work.id, unreadCount: 7 });
      const letters = await db.database.run(
        'test.letters',
        (sql) => sql`select 1 from dead_letters where tenant_id = ${team.account.tenantId}`,
      );
      expect(letters).toHaveLength(0);
    }
  });
});

const GROUP: Party = { addresses: [{ type: 'group', value: '120363000000000001' }], name: 'Team' };

/** Both write in a group; the phone reacts and both react there too. */
async function inGroup(): Promise<{ work: Thread; phone: Thread; group: Thread }> {
  const prepared = await prepare();
  const { channel } = team.account;
  await take(
    said('g1', GROUP, T0 + 5, { sender: LID }),
    said('g2', GROUP, T0 + 6, { sender: ANA }),
    reaction(channel, 'g2', '🎉', { chat: GROUP, sender: LID }),
    reaction(channel, 'g1', '👍', { chat: GROUP, sender: LID }),
    reaction(channel, 'g1', '🙏', { chat: GROUP, sender: ANA }),
  );
  return { ...prepared, group: await find('Team') };
}

describe('a merged contact', () => {
  const named = (items: readonly Message[]): unknown =>
    items.map(({ author, reactions }) => [author.id, ...reactions.map(({ emoji, by }) => `${emoji} ${by.id}`).sort()]);

  it('is the surviving one in groups too, and itself again after the undo; screens are told', async () => {
    const { work, phone, group } = await inGroup();
    const [one, two] = [phone.contact.id, work.contact.id];
    const was = content(await messages(group.id));
    const before = await head();
    const { data } = await merge(phone.contact, work.contact);
    // Both had reacted to the first message: each reaction stays.
    expect(named(await messages(group.id))).toEqual([
      [two, `👍 ${one}`, `🙏 ${two}`],
      [two, `🎉 ${two}`],
    ]);
    const told = (await events(before)).flatMap(({ type, data: { message: about } }) =>
      type === 'message.updated' ? [(about as Message).providerMessageId] : [],
    );
    expect(told.filter((id) => id?.startsWith('g')).sort()).toEqual(['g1', 'g2']);
    await execute('contact:unmerge', { mergeId: data.mergeId }, lead());
    expect(content(await messages(group.id))).toEqual(was);
    expect(essence(await find('Team'))).toEqual(essence(group));
  });

  it('is found by its name as the surviving one, through several merges', async () => {
    const { work, phone } = await prepare();
    await take(said('o1', person('15550100199', 'Third'), T0 + 6));
    const third = await find('Third');
    const search = async () =>
      (await execute('thread:list', { q: 'on her phone' }, lead())).data.items.map(({ id }) => id);
    expect(await search()).toEqual([phone.id]);
    const { data } = await merge(phone.contact, work.contact);
    expect(await search()).toEqual([work.id]);
    const last = await merge(work.contact, third.contact);
    expect(await search()).toEqual([third.id]);
    await execute('contact:unmerge', { mergeId: last.data.mergeId }, lead());
    await execute('contact:unmerge', { mergeId: data.mergeId }, lead());
    expect(await search()).toEqual([phone.id]);
  });

  it('gets no conversation from who writes to its number in the same moment', async () => {
    for (let round = 0; round < 6; round += 1) {
      team = await createTeam(db.database, 'own');
      const { work } = await prepare();
      const other = await db.database.run(
        'test.number',
        (sql) => sql<{ id: string }[]>`
          insert into whatsapp_accounts (tenant_id, provider, external_id, name)
          values (${team.account.tenantId}, 'cloud', '999', 'Second') returning id`,
      );
      await take(said('o1', person('15550100199', 'Third'), T0 + 6));
      const third = await find('Third');
      const template = { name: 'hello', language: 'en' };
      const write = () =>
        execute(
          'message:send',
          { accountId: other[0]!.id as never, to: '+15550100101', kind: 'template', template },
          lead(),
        );
      await Promise.all([merge(work.contact, third.contact), write(), write()]);
      const owners = new Set((await threads()).map(({ contact }) => contact.displayName));
      expect(owners).toEqual(new Set(['Third', 'Ana on her phone']));
    }
  });
});

/** A thread without what may grow: versions, and how the log told it. */
const essence = (thread: Thread): unknown => ({ ...thread, version: 0 });
const content = (items: readonly Message[]): unknown => items.map((item) => ({ ...item, version: 0 }));

describe('undoing a merge', () => {
  const undo = (mergeId: MergeId, as = lead()) => execute('contact:unmerge', { mergeId }, as);

  it('restores both exactly', async () => {
    const { work, phone } = await prepare();
    const was = [content(await messages(work.id)), content(await messages(phone.id))];
    const { data } = await merge(phone.contact, work.contact);
    await undo(data.mergeId);
    expect(essence(await find('Ana at work'))).toEqual(essence(work));
    expect(essence(await find('Ana on her phone'))).toEqual(essence(phone));
    expect([content(await messages(work.id)), content(await messages(phone.id))]).toEqual(was);
    expect((await execute('thread:messages', { threadId: phone.id }, lead())).data.notes).toMatchObject([
      { text: 'likes tea' },
    ]);
  });

  it('keeps what came after the merge with the surviving contact, and later messages go by address again', async () => {
    const { work, phone } = await prepare();
    const { data } = await merge(phone.contact, work.contact);
    await take(said('p3', LID, T0 + 10));
    await undo(data.mergeId);
    await take(said('p4', LID, T0 + 12), said('w4', ANA, T0 + 13));
    expect(ids(await messages(work.id))).toEqual(['w1', 'w2', 'p3', 'w4']);
    expect(ids(await messages(phone.id))).toEqual(['p1', 'p2', 'p4']);
    expect(await find('Ana on her phone')).toMatchObject({ unreadCount: 3, version: expect.any(Number) as number });
  });

  it('happens once, and only from the last merge backwards', async () => {
    const { work, phone } = await prepare();
    await take(said('o1', person('15550100199', 'Third'), T0 + 6));
    const third = await find('Third');
    const first = await merge(phone.contact, work.contact);
    const second = await merge(work.contact, third.contact);
    expect(await undo(first.data.mergeId).catch(codeOf)).toMatch(/conflict|not_found/);
    await undo(second.data.mergeId);
    await undo(first.data.mergeId);
    expect(await undo(first.data.mergeId).catch(codeOf)).toBe('conflict');
    expect(ids(await messages(work.id))).toEqual(['w1', 'w2']);
    expect(ids(await messages(phone.id))).toEqual(['p1', 'p2']);
    expect(ids(await messages(third.id))).toEqual(['o1']);
  });

  it('of a contact that had no conversation with that number gives the conversation back', async () => {
    await take(said('p1', LID, T0 + 2));
    const phone = await find('Ana on her phone');
    const contactId = team.account.accountId as unknown as ContactId;
    await db.database.run(
      'test.contact',
      (sql) => sql`
      insert into contacts (tenant_id, id, display_name) values (${team.account.tenantId}, ${contactId}, 'Quiet')`,
    );
    const before = await head();
    const { data } = await merge(phone.contact, { ...phone.contact, id: contactId });
    expect((await events(before)).map(({ type }) => type)).toEqual(['thread.removed', 'thread.created']);
    expect(await find('Quiet')).toMatchObject({ id: phone.id });
    await undo(data.mergeId);
    expect(essence(await find('Ana on her phone'))).toEqual(essence(phone));
  });
});
