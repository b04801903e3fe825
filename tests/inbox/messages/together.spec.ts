/** What sends that share a transaction promise: nobody notices. */
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SendInput } from '../../../src/contract/send-input.ts';
import type { ThreadId } from '../../../src/contract/ids.ts';
import type { ExecuteCommand } from '../../../src/inbox/command.ts';
import type { Tx } from '../../../src/platform/postgres.ts';
import { allAlone, counting, crewOf, type Crew, holdThread, sentIn, text } from '../../support/crew.ts';
import { createBrokenDatabase, createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { DAY_MS } from '../../support/ingest.ts';
import { eventsAfter, giveTo, headOf, newCommandId, threadNow, type Team } from '../../support/team.ts';
import { waitFor } from '../../support/wait.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

describe('sends that come at once', () => {
  it('share a transaction, whatever business they are of, and each gets its own answer', async () => {
    const crews = [await crewOf(db.database, 3), await crewOf(db.database, 2)];
    const { database, names } = counting(db.database);
    const execute = crews[0]!.team.executorWith({ database });
    const heads = await Promise.all(crews.map(({ team }) => headOf(team)));
    const sends = crews.flatMap((crew) =>
      crew.threads.map((threadId) => ({ crew, threadId, commandId: newCommandId() })),
    );
    const results = await Promise.all(
      sends.map(({ crew, threadId, commandId }) =>
        execute('message:send', { ...text(threadId, `for ${threadId}`), commandId }, crew.ana),
      ),
    );
    expect(names).toEqual(['command.together']);
    for (const [at, { crew, threadId, commandId }] of sends.entries()) {
      const { data } = results[at]!;
      const author = { type: 'member', id: crew.ana.memberId, name: null };
      expect(data.message).toMatchObject({ threadId, text: `for ${threadId}`, commandId, status: 'queued', author });
      expect(await sentIn(crew, threadId)).toEqual([`for ${threadId}`]);
    }
    for (const [at, { team, threads }] of crews.entries()) {
      const events = await eventsAfter(team, heads[at]!);
      expect(events.map(({ type }) => type)).toEqual(threads.flatMap(() => ['message.created', 'thread.updated']));
      const cursors = results.filter((_, n) => sends[n]!.crew.team === team).map(({ cursor }) => cursor?.seq);
      expect(cursors.toSorted((a, b) => a! - b!)).toEqual(threads.map((_, n) => heads[at]! + 2 * n + 2));
    }
    const { team } = crews[0]!;
    expect(team.jobs.map(({ threadId }) => threadId).sort()).toEqual(sends.map(({ threadId }) => threadId).sort());
    expect(team.hints).toHaveLength(1);
  });

  it('of one conversation follow each other in the order in which they came', async () => {
    const crew = await crewOf(db.database, 1);
    const [threadId] = crew.threads;
    const words = ['one', 'two', 'three', 'four'];
    await Promise.all(words.map((word) => crew.team.execute('message:send', text(threadId!, word), crew.ana)));
    expect(await sentIn(crew, threadId!)).toEqual(words);
  });

  it('of one conversation are of one, however its id is written', async () => {
    const crew = await crewOf(db.database, 1);
    const [threadId] = crew.threads as [ThreadId];
    const head = await headOf(crew.team);
    const written = [threadId, threadId.toUpperCase() as ThreadId];
    await Promise.all(written.map((id) => crew.team.execute('message:send', text(id, 'hello'), crew.ana)));
    const types = (await eventsAfter(crew.team, head)).map(({ type }) => type);
    expect(types).toEqual(written.flatMap(() => ['message.created', 'thread.updated']));
  });

  it('under one commandId are one message, and both are told of it', async () => {
    const crew = await crewOf(db.database, 1);
    const input = { ...text(crew.threads[0]!, 'once'), commandId: newCommandId() };
    const other = crew.team.executorWith({});
    const [first, second, third] = await Promise.all(
      [crew.team.execute, crew.team.execute, other].map((execute) => execute('message:send', input, crew.ana)),
    );
    expect(second!.data).toEqual(first!.data);
    expect(third!.data).toEqual(first!.data);
    expect(await sentIn(crew, crew.threads[0]!)).toEqual(['once']);
  });

  it('are refused for themselves: the others of their round are sent', async () => {
    const [ours, theirs] = [await crewOf(db.database, 3), await crewOf(db.database, 1)];
    const { team, ana, threads } = ours;
    const bob = await team.member('agent');
    await giveTo(team, threads[1]!, bob.memberId);
    const gone = { ...ana, memberId: bob.memberId };
    const refusals = await Promise.allSettled([
      team.execute('message:send', text(threads[0]!, 'fine'), ana),
      team.execute('message:send', text(threads[1]!, 'not mine'), ana),
      team.execute('message:send', text(theirs.threads[0]!, 'not ours'), ana),
      team.execute('message:send', text(threads[2]!, 'not me'), gone),
      theirs.team.execute('message:send', text(theirs.threads[0]!, 'theirs'), theirs.ana),
    ]);
    expect(
      refusals.map((one) => (one.status === 'fulfilled' ? 'sent' : (one.reason as { code: string }).code)),
    ).toEqual(['sent', 'not_found', 'not_found', 'forbidden', 'sent']);
    expect(await sentIn(ours, threads[0]!)).toEqual(['fine']);
    expect(await sentIn(ours, threads[2]!)).toEqual([]);
    expect(await sentIn(theirs, theirs.threads[0]!)).toEqual(['theirs']);
  });

  it('are refused once the window is closed, as alone', async () => {
    const { team, ana, threads } = await crewOf(db.database, 1);
    team.clock.ms += 2 * DAY_MS;
    await expect(team.execute('message:send', text(threads[0]!, 'late'), ana)).rejects.toMatchObject({
      code: 'window_closed',
    });
  });

  it('do not wait for one whose conversation is held by somebody else', async () => {
    const crew = await crewOf(db.database, 2);
    const [held, free] = crew.threads as [ThreadId, ThreadId];
    const holding = await holdThread(db.database, crew, held);
    const waiting = crew.team.execute('message:send', text(held, 'after you'), crew.ana);
    await crew.team.execute('message:send', text(free, 'at once'), crew.ana);
    expect(await sentIn(crew, held)).toEqual([]);
    await holding.release();
    await waiting;
    expect(await sentIn(crew, held)).toEqual(['after you']);
  });
});

/** Every kind that may go together, and what its thread is like. */
const SENDS: readonly (Omit<Partial<SendInput>, 'threadId'> & { readonly like?: 'snoozed' | 'resolved' | 'mine' })[] = [
  { kind: 'text', text: '  two\n words  ' },
  { kind: 'text', text: 'no preview', linkPreview: false, priority: 'automatic', like: 'snoozed' },
  { kind: 'location', location: { latitude: 1.5, longitude: -2, name: 'Here' }, like: 'resolved' },
  {
    kind: 'contacts',
    contacts: [{ name: 'Ada L.', phones: [{ phone: '+44 20 5550 001' }] }],
    like: 'mine',
  },
  {
    kind: 'interactive',
    interactive: {
      type: 'button',
      body: { text: 'Yes?' },
      action: { buttons: [{ type: 'reply', reply: { id: 'y', title: 'Yes' } }] },
    },
  },
];

/** What five sends leave in a business of their own: rows, events and answers, ids and places named by their order. */
async function leftBy(test: TestDatabase, executorOf: (team: Team) => ExecuteCommand): Promise<unknown> {
  const crew = await crewOf(test.database, SENDS.length);
  const { team, ana } = crew;
  const head = await headOf(team);
  const answers = [];
  for (const [at, { like, ...input }] of SENDS.entries()) {
    const threadId = crew.threads[at]!;
    if (like === 'mine') await giveTo(team, threadId, ana.memberId);
    if (like === 'resolved') await team.execute('thread:set-status', { threadId, status: 'resolved' }, ana);
    if (like === 'snoozed') {
      const snoozeUntil = new Date(team.clock.ms + DAY_MS).toISOString();
      await team.execute('thread:set-status', { threadId, status: 'snoozed', snoozeUntil }, ana);
    }
    answers.push(await executorOf(team)('message:send', { ...input, threadId, commandId: newCommandId() }, ana));
  }
  const rows = await test.database.run(
    'test.left',
    (sql) => sql`
      select to_jsonb(m) as message, to_jsonb(t) as thread, to_jsonb(c) - 'created_at' as command
      from messages m join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
      left join commands c on c.tenant_id = m.tenant_id and c.command_id = m.command_id
      where m.tenant_id = ${team.tenantId} and m.direction = 'outbound' order by m.id`,
  );
  const events = (await eventsAfter(team, head)).map((event) => ({ ...event, at: '' }));
  return anonymous({ answers, rows: [...rows], events });
}

/**
 * Ids by the order in which they first appear. What differs otherwise between two businesses: names, numbers, epochs, and
 * times that Postgres sets.
 */
function anonymous(value: unknown): unknown {
  const seen = new Map<string, string>();
  const named = (id: string): string => {
    const name = seen.get(id) ?? `#${String(seen.size)}`;
    seen.set(id, name);
    return name;
  };
  const json = JSON.stringify(value)
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, named)
    .replaceAll(/"[0-9a-f]{32}"/g, '"epoch"')
    .replaceAll(/(?:Customer |\+?1555)\d+/g, 'customer')
    .replaceAll(/"(?:created(?:_a|A)t|next_attempt_at)":"[^"]+"/g, '"byPostgres":""');
  return JSON.parse(json) as unknown;
}

describe('what sends leave behind', () => {
  it('is the same together as alone', async () => {
    const alone = await leftBy(db, (team) => team.executorWith({ registry: allAlone(db.database) }));
    expect(await leftBy(db, (team) => team.execute)).toEqual(alone);
  });

  it('would not be, if the statement forgot something (negative control)', async () => {
    const broken = await createBrokenDatabase('write_sends', (sql) =>
      sql.replace("case when t.status = 'snoozed' then 'open' else t.status end", 't.status'),
    );
    const alone = await leftBy(broken, (team) => team.executorWith({ registry: allAlone(broken.database) }));
    expect(await leftBy(broken, (team) => team.execute)).not.toEqual(alone);
    await broken.drop();
  });
});

/** Rounds of two servers that write the same business's log at once; its numbers afterwards, counted from where it stood. */
async function numbersOf(test: TestDatabase): Promise<{ readonly seqs: number[]; readonly head: number }> {
  const { team, ana, threads } = await crewOf(test.database, 8);
  const servers = [team.executorWith({}), team.executorWith({ database: test.open() })];
  const before = await headOf(team);
  for (let round = 0; round < 12; round += 1) {
    await Promise.all(
      threads.map((threadId, n) => servers[n % 2]!('message:send', text(threadId, String(round)), ana)),
    );
  }
  const seqs = (await eventsAfter(team, before)).map(({ seq }) => seq - before);
  return { seqs, head: (await headOf(team)) - before };
}

describe('rounds of several servers', () => {
  const whole = Array.from({ length: 2 * 8 * 12 }, (_, n) => n + 1);

  it('number what they log without a hole or a repeat', async () => {
    expect(await numbersOf(db)).toEqual({ seqs: whole, head: whole.length });
  });

  it('would not, if the counter were not held (negative control)', async () => {
    const broken = await createBrokenDatabase('write_sends', (sql) => sql.replace('for no key update of l', ''));
    // Which of them come at the same moment is chance: as many times as it takes.
    const right = { seqs: whole, head: whole.length };
    await waitFor(async () => !isDeepStrictEqual(await numbersOf(broken), right), { what: 'a number given twice' });
    await broken.drop();
  });
});

describe('a round', () => {
  const forge = ({ team, ana }: Crew, thread: ThreadId, as: readonly Crew[]): Promise<unknown> =>
    db.database.asTenants(
      as.map((one) => one.team.tenantId),
      'test.forged',
      (tx) => tx`select * from write_sends(array[row(0, ${team.tenantId}, ${ana.memberId}, null, uuidv7(), ${thread},
        ${team.account.accountId}, 'text', 'forged', null, 'agent', now(), '9')::new_send])`,
    );

  it('writes nothing into the conversation of another business, even where both are of it', async () => {
    const [ours, theirs] = [await crewOf(db.database, 1), await crewOf(db.database, 1)];
    const before = await threadNow(theirs.team, theirs.threads[0]!);
    await expect(forge(ours, theirs.threads[0]!, [ours, theirs])).rejects.toMatchObject({ code: '23503' });
    expect(await threadNow(theirs.team, theirs.threads[0]!)).toEqual(before);
  });

  it('writes nothing where two of it are of one conversation, of which only one would be told', async () => {
    const { team, ana, threads } = await crewOf(db.database, 1);
    const send = (
      tx: Tx,
      n: number,
    ) => tx`row(${n}::int, ${team.tenantId}, ${ana.memberId}, null, uuidv7(), ${threads[0]!},
      ${team.account.accountId}, 'text', 'forged', null, 'agent', now(), '9')::new_send`;
    const both = db.database.asTenants([team.tenantId], 'test.twice', (tx) => {
      return tx`select * from write_sends(array[${send(tx, 0)}, ${send(tx, 1)}])`;
    });
    await expect(both).rejects.toMatchObject({ code: '23503' });
    expect(await sentIn({ team, ana, threads }, threads[0]!)).toEqual([]);
  });

  it('writes nothing for a business that is not of it', async () => {
    const [ours, theirs] = [await crewOf(db.database, 1), await crewOf(db.database, 1)];
    await expect(forge(theirs, theirs.threads[0]!, [ours])).rejects.toMatchObject({ code: '42501' });
    await expect(forge(theirs, theirs.threads[0]!, [])).rejects.toMatchObject({ code: '42501' });
    expect(await sentIn(theirs, theirs.threads[0]!)).toEqual([]);
  });
});
