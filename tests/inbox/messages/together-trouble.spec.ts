/** What sends that share a transaction promise when one of them, or the database, makes trouble. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ThreadId } from '../../../src/contract/ids.ts';
import { sendMessage } from '../../../src/inbox/messages/send-message.ts';
import type { Registry } from '../../../src/inbox/registry.ts';
import { counting, crewOf, holdLog, holdThread, roundsHeldUp, sentIn, text, type Crew } from '../../support/crew.ts';
import { createBrokenDatabase, createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { startProxy } from '../../support/proxy.ts';
import { testRegistry } from '../../support/registry.ts';
import { CAPABILITIES, newCommandId } from '../../support/team.ts';

let db: TestDatabase;
/** Its rounds wait for a log for as long as it takes to look at them, instead of half a second. */
let patient: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  patient = await createBrokenDatabase('write_sends', (sql) => sql.replace("'500ms'", "'60s'"));
});
afterAll(async () => {
  await Promise.all([db.drop(), patient.drop()]);
});

const codesOf = (settled: readonly PromiseSettledResult<unknown>[]): string[] =>
  settled.map((one) => (one.status === 'fulfilled' ? 'sent' : (one.reason as { code: string }).code));

/** The registry of a server that cannot decide on a text that says `defect`. */
function defective(): Registry {
  const send = sendMessage(CAPABILITIES);
  const { together } = send;
  if (together === undefined) throw new Error('Sends do not go together.');
  return {
    ...testRegistry(db.database, { capabilities: CAPABILITIES }),
    'message:send': {
      ...send,
      together: {
        ...together,
        decide(context, input) {
          if (input.text === 'defect') throw new TypeError('a defect');
          return together.decide(context, input);
        },
      },
    },
  };
}

describe('who makes trouble in a round', () => {
  it('is played alone, and nobody else: the same commandId for two conversations', async () => {
    const crew = await crewOf(db.database, 4);
    const { database, names } = counting(db.database);
    const execute = crew.team.executorWith({ database });
    const commandId = newCommandId();
    const inputs = crew.threads.map((threadId, n) => ({ ...text(threadId, 'x'), ...(n < 2 ? { commandId } : {}) }));
    const [first, second] = await Promise.all(inputs.map((input) => execute('message:send', input, crew.ana)));
    expect(second!.data).toEqual(first!.data);
    expect(await Promise.all(crew.threads.map((threadId) => sentIn(crew, threadId)))).toEqual([
      ['x'],
      [],
      ['x'],
      ['x'],
    ]);
    expect(names.filter((name) => name === 'command.together')).toHaveLength(2);
    expect(names.filter((name) => name !== 'command.together')).toEqual(['command.message:send']);
  });

  it('lets all be sent, each once, where it shows only when they are written', async () => {
    const broken = await createBrokenDatabase('write_sends', (sql) =>
      sql.replace(
        'begin',
        `begin if 'poison' = any (array(select s.text from unnest(sends) s)) then raise data_exception; end if;`,
      ),
    );
    const crew = await crewOf(broken.database, 3);
    const { database, names } = counting(broken.database);
    const execute = crew.team.executorWith({ database });
    const words = ['fine', 'poison', 'fine'];
    await Promise.all(crew.threads.map((threadId, n) => execute('message:send', text(threadId, words[n]!), crew.ana)));
    expect(names.filter((name) => name === 'command.together')).toHaveLength(1);
    for (const [n, threadId] of crew.threads.entries()) expect(await sentIn(crew, threadId)).toEqual([words[n]]);
    await broken.drop();
  });

  it('is played alone, and nobody else: a commandId that another server answers meanwhile', async () => {
    const crew = await crewOf(patient.database, 5);
    const held = await holdLog(patient.database, crew);
    const commandId = newCommandId();
    const [taken, ...free] = crew.threads as [ThreadId, ...ThreadId[]];
    const others = crew.team.executorWith({});
    const first = others('message:send', { ...text(taken, 'first'), commandId }, crew.ana);
    await roundsHeldUp(patient.database, 1);
    const { database, names } = counting(patient.database);
    const execute = crew.team.executorWith({ database });
    const ours = free.map((threadId, n) =>
      execute('message:send', { ...text(threadId, 'x'), ...(n === 1 ? { commandId } : {}) }, crew.ana),
    );
    await roundsHeldUp(patient.database, 2);
    await held.release();
    const answers = await Promise.all(ours);
    expect(answers[1]!.data).toEqual((await first).data);
    expect(names).toEqual(['command.together', 'command.together', 'command.message:send']);
  });

  it('is played alone, and nobody else: one that cannot be decided on', async () => {
    const crew = await crewOf(db.database, 3);
    const { database, names } = counting(db.database);
    const execute = crew.team.executorWith({ database, registry: defective() });
    const [first, second, third] = crew.threads as [ThreadId, ThreadId, ThreadId];
    await Promise.all([
      execute('message:send', text(first, 'fine'), crew.ana),
      execute('message:send', text(second, 'defect'), crew.ana),
      execute('message:send', text(third, 'fine'), crew.ana),
    ]);
    expect(names).toEqual(['command.together', 'command.message:send']);
  });

  it('holds nobody else up: the log of another business is held', async () => {
    const [ours, theirs] = [await crewOf(db.database, 1), await crewOf(db.database, 1)];
    const held = await holdLog(db.database, theirs);
    const execute = ours.team.executorWith({});
    const waiting = execute('message:send', text(theirs.threads[0]!, 'later'), theirs.ana);
    await execute('message:send', text(ours.threads[0]!, 'now'), ours.ana);
    expect(await sentIn(theirs, theirs.threads[0]!)).toEqual([]);
    await held.release();
    await waiting;
    expect(await sentIn(theirs, theirs.threads[0]!)).toEqual(['later']);
  });

  it('takes the place of nobody else: who sends too much is refused, and not who sends a little', async () => {
    // Sends to one thread follow each other; to thirty they fill a round.
    const [noisy, quiet] = [await crewOf(db.database, 30), await crewOf(db.database, 3)];
    const execute = noisy.team.executorWith({});
    const many = Promise.allSettled(
      Array.from({ length: 15 }, () => noisy.threads)
        .flat()
        .map((threadId) => execute('message:send', text(threadId, 'many'), noisy.ana)),
    );
    const few = quiet.threads.map((threadId) => execute('message:send', text(threadId, 'few'), quiet.ana));
    expect(codesOf(await Promise.allSettled(few))).toEqual(['sent', 'sent', 'sent']);
    const codes = codesOf(await many);
    expect(codes.filter((code) => code === 'unavailable')).toHaveLength(53);
    expect(codes.filter((code) => code === 'sent')).toHaveLength(397);
  });
});

describe('what goes wrong after the commit', () => {
  it('sends nothing twice', async () => {
    const crew = await crewOf(db.database, 2);
    const broken = (): never => {
      throw new Error('a defect');
    };
    const execute = crew.team.executorWith({ hints: { publish: broken }, jobs: { append: broken } });
    const sends = crew.threads.map((threadId) => execute('message:send', text(threadId, 'once'), crew.ana));
    expect(codesOf(await Promise.allSettled(sends))).toEqual(['sent', 'sent']);
    for (const threadId of crew.threads) expect(await sentIn(crew, threadId)).toEqual(['once']);
  });
});

/** Sends once to every conversation under the same ids until all are answered, as clients do. */
async function sendUntilSent(
  crew: Crew,
  execute: Crew['team']['execute'],
  commandIds: readonly string[],
): Promise<void> {
  const send = (threadId: ThreadId, n: number) =>
    execute('message:send', { ...text(threadId, 'once'), commandId: commandIds[n] }, crew.ana);
  await Promise.all(crew.threads.map(send));
  for (const threadId of crew.threads) expect(await sentIn(crew, threadId)).toEqual(['once']);
}

describe('a round that is cut off', () => {
  it('is answered by a refusal, and each goes once when it is sent again: the server ends its connection', async () => {
    const crew = await crewOf(patient.database, 3);
    const held = await holdLog(patient.database, crew);
    const commandIds = crew.threads.map(() => newCommandId());
    const settled = Promise.allSettled(
      crew.threads.map((threadId, n) =>
        crew.team.execute('message:send', { ...text(threadId, 'once'), commandId: commandIds[n] }, crew.ana),
      ),
    );
    const [pid] = await roundsHeldUp(patient.database, 1);
    await patient.database.run('test.kill', (sql) => sql`select pg_terminate_backend(${pid!})`);
    expect(codesOf(await settled)).toEqual(['unavailable', 'unavailable', 'unavailable']);
    await held.release();
    await sendUntilSent(crew, crew.team.execute, commandIds);
  });

  it('is answered by a refusal, and each goes once when it is sent again: its commit is never answered', async () => {
    const [crew, before] = [await crewOf(patient.database, 3), await crewOf(patient.database, 1)];
    const url = new URL(patient.url);
    const proxy = await startProxy(Number(url.port));
    url.port = String(proxy.port);
    const database = patient.open({ url: url.toString() });
    const execute = crew.team.executorWith({ database, deadlineMs: 2_000 });
    // The round is to wait within its deadline: it needs no connection then.
    await before.team.executorWith({ database })('message:send', text(before.threads[0]!, 'before'), before.ana);
    const held = await holdLog(patient.database, crew);
    const commandIds = crew.threads.map(() => newCommandId());
    const settled = Promise.allSettled(
      crew.threads.map((threadId, n) =>
        execute('message:send', { ...text(threadId, 'once'), commandId: commandIds[n] }, crew.ana),
      ),
    );
    await roundsHeldUp(patient.database, 1);
    proxy.freeze('answers');
    await held.release();
    expect(codesOf(await settled)).toEqual(['unavailable', 'unavailable', 'unavailable']);
    await sendUntilSent(crew, crew.team.execute, commandIds);
    await proxy.close();
  });
});

describe('the deadline of a send', () => {
  it('covers its round and what follows', async () => {
    const crew = await crewOf(db.database, 2);
    const [held, free] = crew.threads as [ThreadId, ThreadId];
    const holding = await holdThread(db.database, crew, held);
    const { database, names, deadlinesMs } = counting(db.database);
    const execute = crew.team.executorWith({ database, deadlineMs: 20_000 });
    const waiting = execute('message:send', text(held, 'waits'), crew.ana);
    await execute('message:send', text(free, 'at once'), crew.ana);
    await holding.release();
    await waiting;
    expect(names).toEqual(['command.together', 'command.message:send']);
    expect(deadlinesMs[0]).toBeLessThan(20_000);
    expect(deadlinesMs[1]).toBeLessThan(deadlinesMs[0]!);
  });
});
