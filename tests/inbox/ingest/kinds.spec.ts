/** What each kind of webhook item leaves in the inbox: rows, entities and events. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Thread } from '../../../src/contract/entities.ts';
import { Message } from '../../../src/contract/message.ts';
import type { AccountRef } from '../../../src/inbox/ingest/part.ts';
import type { InboundEvent, MessageEvent, Party, PollVoteEvent } from '../../../src/providers/inbound.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { ADA, apply, createTenant, message, messageRow, part, person, T0, threadRows } from '../../support/ingest.ts';

let db: TestDatabase;
let account: AccountRef & { channel: string };

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  account = await createTenant(db.database);
});

const take = (...events: InboundEvent[]): ReturnType<typeof apply> => apply(db.database, account, [part(events)]);
const said = (id: string, over: Partial<MessageEvent> = {}): MessageEvent => message(account.channel, id, over);
const row = (id: string): Promise<Record<string, unknown>> => messageRow(db.database, account.tenantId, id);
const threads = (): Promise<Record<string, unknown>[]> => threadRows(db.database, account.tenantId);
const base = { atMs: T0 + 2000 } as const;
const GROUP: Party = { addresses: [{ type: 'group', value: '120363000000000001' }], name: null };
const lid = (value: string, more: Party['addresses'] = []): Party => ({
  addresses: [...more, { type: 'lid', value }],
  name: null,
});

describe('a poll', () => {
  const poll = { question: 'Which day?', options: ['Mon', 'Tue', 'Wed'], selectable: 0 };
  const vote = (by: Party, options: readonly string[], atMs: number): PollVoteEvent => ({
    kind: 'poll_vote',
    channel: account.channel,
    atMs,
    direction: 'inbound',
    providerMessageId: `v-${String(atMs)}`,
    targetId: 'poll',
    chat: ADA,
    sender: by,
    own: null,
    options,
  });
  const votes = async (): Promise<Record<string, number>> => {
    const shown = Message.parse(await row('poll')).poll;
    return Object.fromEntries((shown?.options ?? []).map(({ name, votes: count }) => [name, count]));
  };

  it('shows how many people choose each option now', async () => {
    await take(said('poll', { type: 'poll', text: 'Which day?', content: { poll } }));
    expect(Message.parse(await row('poll'))).toMatchObject({
      kind: 'poll',
      poll: {
        question: 'Which day?',
        multiple: true,
        options: [
          { name: 'Mon', votes: 0 },
          { name: 'Tue', votes: 0 },
          { name: 'Wed', votes: 0 },
        ],
      },
    });
    const logged = await take(vote(ADA, ['Mon', 'Tue'], T0 + 1), vote(person('15550100102'), ['Tue'], T0 + 2));
    expect(logged.map(({ type }) => type)).toContain('message.updated');
    expect(await votes()).toEqual({ Mon: 1, Tue: 2, Wed: 0 });
    await take(vote(ADA, [], T0 + 3));
    expect(await votes()).toEqual({ Mon: 0, Tue: 1, Wed: 0 });
    expect(await take(vote(ADA, [], T0 + 3))).toEqual([]);
  });

  it('counts the last choice of each voter in every order of arrival, before and after the poll', async () => {
    const ballots = [
      { by: ADA, options: ['Mon'], at: 1 },
      { by: ADA, options: ['Tue', 'Wed'], at: 5 },
      { by: ADA, options: ['Wed'], at: 3 },
      { by: person('15550100102'), options: ['Mon'], at: 2 },
      { by: person('15550100102'), options: [], at: 4 },
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }),
        fc.boolean(),
        async (order, together) => {
          account = await createTenant(db.database);
          const events = order.map((index) => {
            const ballot = ballots[index];
            if (ballot === undefined) return said('poll', { type: 'poll', text: '?', content: { poll } });
            return vote(ballot.by, ballot.options, T0 + ballot.at);
          });
          if (together) await take(...events);
          else for (const event of [...events, events[0]!]) await take(event);
          expect(await votes()).toEqual({ Mon: 0, Tue: 1, Wed: 1 });
        },
      ),
      { numRuns: 10 },
    );
  });
});

describe('a group', () => {
  const ben = { ...lid('220000000000102'), name: 'Ben' };

  it('is one thread; each message has its author with the name they had', async () => {
    await take(
      said('g1', { chat: GROUP, sender: { ...ADA, name: 'Ada' } }),
      said('g2', { chat: GROUP, sender: ben, atMs: T0 + 1 }),
    );
    const [thread, ...others] = await threads();
    expect(others).toEqual([]);
    expect(Thread.parse(thread)).toMatchObject({
      unreadCount: 2,
      contact: { displayName: 'WhatsApp group', phone: null, addresses: [{ type: 'group' }] },
    });
    const [one, two] = [Message.parse(await row('g1')), Message.parse(await row('g2'))];
    expect([one.author.name, two.author.name]).toEqual(['Ada', 'Ben']);
    expect(one.author.id).not.toBe(two.author.id);
    expect(one.author.id).not.toBe((thread?.['contact'] as { id: string }).id);
  });

  const named = (subject: string | null, atMs: number): InboundEvent => ({
    kind: 'group_update',
    channel: account.channel,
    atMs,
    chat: { ...GROUP, name: subject },
    event: 'upsert',
    participants: null,
  });

  it('takes its subject as its name, the latest one', async () => {
    await take(said('g1', { chat: GROUP, sender: ADA }));
    await take(named('Neighbours', T0 + 10));
    await take(named('Strangers', T0 + 5), named(null, T0 + 20));
    expect((await threads())[0]).toMatchObject({ contact: { displayName: 'Neighbours' } });
  });

  it('has the subject that was told before its first message, and no conversation until then', async () => {
    await take(named('Neighbours', T0));
    await take(named('Neighbours of the park', T0 + 5));
    expect(await threads()).toEqual([]);
    await take(said('g1', { chat: GROUP, sender: ADA, atMs: T0 + 10 }));
    expect(await threads()).toMatchObject([{ contact: { displayName: 'Neighbours of the park' } }]);
  });

  it('lets nobody edit what another participant wrote', async () => {
    await take(said('g1', { chat: GROUP, sender: ADA }), said('g2', { chat: GROUP, sender: ben }));
    const edit = {
      kind: 'edit',
      channel: account.channel,
      ...base,
      direction: 'inbound',
      providerMessageId: null,
      targetId: 'g1',
      chat: GROUP,
    } as const;
    await take({ ...edit, sender: ben, text: 'forged' });
    expect(await row('g1')).toMatchObject({ text: 'text of g1', editedAt: null });
    await take({ ...edit, sender: ADA, text: 'corrected' });
    expect(await row('g1')).toMatchObject({ text: 'corrected' });
  });

  it('lets nobody edit who never wrote, whichever comes first', async () => {
    const stranger = lid('220000000000199');
    const edit = (targetId: string, sender: Party): InboundEvent => ({
      ...{ kind: 'edit', channel: account.channel, ...base, direction: 'inbound', providerMessageId: null },
      ...{ targetId, chat: GROUP, sender, text: 'forged' },
    });
    await take(edit('g2', stranger));
    await take(said('g1', { chat: GROUP, sender: ADA }), said('g2', { chat: GROUP, sender: ADA }));
    await take(edit('g1', stranger));
    expect(await row('g1')).toMatchObject({ text: 'text of g1', editedAt: null });
    expect(await row('g2')).toMatchObject({ text: 'text of g2', editedAt: null });
  });
});

describe('a call', () => {
  it('is one notice, however many steps it has', async () => {
    const step = (event: string, atMs: number): InboundEvent => ({
      kind: 'call',
      channel: account.channel,
      atMs,
      callId: 'call-1',
      direction: 'inbound',
      from: ADA,
      to: null,
      event,
    });
    await take(step('offer', T0), step('timeout', T0 + 30));
    await take(step('terminate', T0 + 60));
    expect((await threads())[0]).toMatchObject({ unreadCount: 0, windowExpiresAt: null });
    expect(Message.parse(await row('call-1'))).toMatchObject({
      kind: 'system',
      text: 'Incoming call',
      system: { type: 'call', event: 'offer' },
    });
  });
});

describe('a backlog', () => {
  it('neither wakes a thread nor moves it, and stands at its own time with its own state', async () => {
    await take(said('m1', { atMs: T0 }));
    const [before] = await threads();
    await take(
      said('old-in', { history: true, atMs: T0 - 90_000 }),
      said('old-out', {
        history: true,
        atMs: T0 - 80_000,
        direction: 'outbound',
        origin: 'business_app',
        status: 'read',
      }),
    );
    const [after] = await threads();
    for (const key of ['unreadCount', 'lastActivityAt', 'windowExpiresAt', 'status', 'lastMessage'])
      expect(after?.[key]).toEqual(before?.[key]);
    expect(await row('old-out')).toMatchObject({ status: 'read', backlog: true });
    expect(await row('m1')).toMatchObject({ backlog: false });
    expect(String((await row('old-in'))['position']) < String((await row('m1'))['position'])).toBe(true);
  });

  it('and the live copy of a message end the same in either order', async () => {
    const outcome = async (order: readonly boolean[], together: boolean): Promise<unknown> => {
      account = await createTenant(db.database);
      const events = order.map((history) => said('m1', { history }));
      if (together) await take(...events);
      else for (const event of events) await take(event);
      const [thread] = await threads();
      const { status, backlog } = await row('m1');
      return [thread?.['unreadCount'], thread?.['windowExpiresAt'] !== null, status, backlog];
    };
    for (const together of [true, false])
      for (const order of [
        [true, false],
        [false, true],
        [true, false, true, false],
      ])
        expect(await outcome(order, together)).toEqual([1, true, 'received', false]);
    expect(await outcome([true, true], false)).toEqual([0, false, 'received', true]);
  });

  it('gets the file of a placeholder whenever it comes, with the placeholder’s sender and time', async () => {
    const media = {
      mime: 'image/jpeg',
      providerMediaId: '5',
      url: null,
      sha256: null,
      filename: null,
      sizeBytes: 10,
      voice: false,
      inline: false,
    };
    const file: InboundEvent = {
      kind: 'history_media',
      channel: account.channel,
      atMs: null,
      targetId: 'h1',
      type: 'image',
      text: 'a plant',
      media,
    };
    const placeholder = said('h1', {
      type: 'media_placeholder',
      text: null,
      history: true,
      direction: 'outbound',
      origin: 'business_app',
    });
    for (const order of [
      [placeholder, file],
      [file, placeholder],
    ]) {
      account = await createTenant(db.database);
      for (const event of order) await take({ ...event, channel: account.channel });
      expect(Message.parse(await row('h1'))).toMatchObject({
        kind: 'image',
        text: 'a plant',
        direction: 'outbound',
        media: { mime: 'image/jpeg', state: 'pending' },
      });
      expect(await row('h1')).not.toHaveProperty('unsupported');
    }
  });
});
