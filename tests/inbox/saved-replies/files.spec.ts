/** Which files a saved reply may have, who knows of a change, and how large a snapshot becomes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SavedReplyFileId, TenantId } from '../../../src/contract/ids.ts';
import { COMMANDS } from '../../../src/contract/commands.ts';
import type { SavedReply } from '../../../src/contract/saved-replies.ts';
import { MOST_REPLY_FILES } from '../../../src/contract/saved-reply-text.ts';
import type { Caller } from '../../../src/inbox/command.ts';
import type { Database } from '../../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { codeOf } from '../../support/staff.ts';
import { createTeam, eventsAfter, headOf, newCommandId, type Team } from '../../support/team.ts';

let db: TestDatabase;
let wide: Database;
beforeAll(async () => {
  db = await createTestDatabase();
  wide = db.open({ statementPool: 2, transactionPool: 4, tenantPool: 4 });
});
afterAll(async () => {
  await db.drop();
});

interface Business {
  readonly team: Team;
  readonly lead: Caller;
  readonly save: (files: readonly SavedReplyFileId[]) => Promise<SavedReply>;
  readonly update: (reply: SavedReply, input: Record<string, unknown>) => Promise<SavedReply>;
  /** Files as an upload stores them. */
  readonly files: (count: number, filename?: string) => Promise<SavedReplyFileId[]>;
}

async function createBusiness(): Promise<Business> {
  const narrow = await createTeam(db.database);
  const team = { ...narrow, execute: narrow.executorWith({ database: wide }) };
  const lead = await team.member('manager');
  let saved = 0;
  return {
    ...{ team, lead },
    save: async (files) => {
      saved += 1;
      const input = { shortcut: `reply-${String(saved)}`, text: 'Hello', files: [...files] };
      return (await team.execute('saved-reply:create', input, lead)).data.savedReply;
    },
    update: async ({ id }, input) =>
      (await team.execute('saved-reply:update', { savedReplyId: id, ...input }, lead)).data.savedReply,
    files: (count, filename = 'a.pdf') => insertFiles(team.tenantId, lead, { count, filename }),
  };
}

async function insertFiles(
  tenantId: TenantId,
  { memberId }: Caller,
  { count, filename }: { readonly count: number; readonly filename: string },
): Promise<SavedReplyFileId[]> {
  const rows = await db.database.run(
    'test.files',
    (sql) => sql<{ id: SavedReplyFileId }[]>`
      insert into saved_reply_files (tenant_id, uploaded_by, mime, filename, size_bytes, storage_key, thumbnail_key)
      select ${tenantId}, ${memberId}, 'application/pdf', ${filename}, 1234, 'k', 't' from generate_series(1, ${count}::int)
      returning id`,
  );
  return rows.map(({ id }) => id);
}

const idsOf = ({ files }: SavedReply): readonly string[] => files.map(({ id }) => id);

const errorOf = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => null,
    (error: unknown) => error,
  );

const GONE = {
  code: 'invalid_input',
  details: [{ path: 'files', message: 'has a file that is not there any more; add it again' }],
};

describe('the files of a saved reply', () => {
  it('are in the order in which they are named, in its answer, its event and the snapshot', async () => {
    const { team, lead, save, update, files } = await createBusiness();
    const [a, b, c] = (await files(3)) as [SavedReplyFileId, SavedReplyFileId, SavedReplyFileId];
    const head = await headOf(team);
    const saved = await save([b, a]);
    expect(idsOf(saved)).toEqual([b, a]);
    const changed = await update(saved, { files: [c, b], expectedVersion: 1 });
    expect([idsOf(changed), changed.version]).toEqual([[c, b], 2]);
    const events = await eventsAfter(team, head);
    expect(events.map(({ data }) => data)).toEqual([{ savedReply: saved }, { savedReply: changed }]);
    const snapshot = COMMANDS['inbox:snapshot'].result.parse((await team.execute('inbox:snapshot', {}, lead)).data);
    expect(snapshot.savedReplies).toEqual([changed]);
    // What does not name them leaves them; what names none takes them out; one that was taken out may come back.
    expect(idsOf(await update(saved, { text: 'Good day' }))).toEqual([c, b]);
    expect(idsOf(await update(saved, { files: [] }))).toEqual([]);
    expect(idsOf(await update(saved, { files: [a] }))).toEqual([a]);
  });

  it('are changed by nobody unawares, and saving those it has tells nobody', async () => {
    const { team, save, update, files } = await createBusiness();
    const [a, b] = (await files(2)) as [SavedReplyFileId, SavedReplyFileId];
    const saved = await save([a]);
    const changes = [[a, b], [b], []].map((wanted) => errorOf(update(saved, { files: wanted, expectedVersion: 1 })));
    const errors = await Promise.all(changes);
    expect(errors.filter((error) => error === null)).toHaveLength(1);
    const [reply] = (await team.execute('saved-reply:list', {}, await team.member('agent'))).data.items;
    for (const error of errors.filter((one) => one !== null))
      expect(error).toMatchObject({ code: 'conflict', details: { savedReply: reply } });
    const head = await headOf(team);
    expect(await update(saved, { files: [...idsOf(reply!)] })).toEqual(reply);
    expect(await eventsAfter(team, head)).toEqual([]);
  });

  it('are its own: none of another reply or business, none that is not stored, too old, or there twice', async () => {
    const { team, lead, save, update, files } = await createBusiness();
    const [a, b, old, unstored] = (await files(4)) as [SavedReplyFileId, ...SavedReplyFileId[]];
    const theirs = await (await createBusiness()).files(1);
    await db.database.run(
      'test.wrong',
      (sql) => sql`
        update saved_reply_files set unused_at = case when id = ${old!} then now() - interval '24 hours' else unused_at end,
          storage_key = case when id = ${unstored!} then null else 'k' end
        where id in (${old!}, ${unstored!})`,
    );
    const saved = await save([a]);
    const other = await save([]);
    for (const wrong of [a, theirs[0]!, old!, unstored!]) {
      expect(await errorOf(save([b!, wrong]))).toMatchObject(GONE);
      expect(await errorOf(update(other, { files: [wrong] }))).toMatchObject(GONE);
    }
    expect(await codeOf(update(other, { files: [b!, b!] }))).toBe('invalid_input');
    expect(await codeOf(update(other, { files: await files(6) }))).toBe('invalid_input');
    const agent = await team.member('agent');
    const input = { savedReplyId: saved.id, files: [] };
    expect(await codeOf(team.execute('saved-reply:update', input, agent))).toBe('forbidden');
    const { items } = (await team.execute('saved-reply:list', {}, lead)).data;
    expect(items.map(idsOf)).toEqual([[a], []]);
  });

  it('are saved once, whatever is repeated', async () => {
    const { team, lead, files } = await createBusiness();
    const input = { shortcut: 'a', text: 'Hello', files: await files(2), commandId: newCommandId() };
    const first = (await team.execute('saved-reply:create', input, lead)).data;
    expect((await team.execute('saved-reply:create', input, lead)).data).toEqual(first);
  });

  it('are so few that a snapshot stays small, however many are added at once', async () => {
    const { team, lead, save, files } = await createBusiness();
    const longest = '漢'.repeat(240);
    for (let n = 5; n < MOST_REPLY_FILES; n += 5) await save(await files(5, longest));
    const wanted = await Promise.all([1, 2, 3].map(() => files(2, longest)));
    const outcomes = await Promise.all(wanted.map((ids) => errorOf(save(ids))));
    const refused = outcomes.filter((error) => error !== null);
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({ code: 'conflict', message: expect.stringContaining('200 files') as string });
    await save(await files(1, longest));
    const { items } = (await team.execute('saved-reply:list', {}, lead)).data;
    const described = items.flatMap((reply) => reply.files);
    expect(described).toHaveLength(MOST_REPLY_FILES);
    expect(Buffer.byteLength(JSON.stringify(described))).toBeLessThan(256 * 1024);
  });

  it('of another business are neither seen nor changed by the members’ role', async () => {
    const [ours, theirs] = [await createBusiness(), await createBusiness()];
    const [file] = (await ours.files(1)) as [SavedReplyFileId];
    const asThem = (work: Parameters<Database['asTenant']>[2]) =>
      db.database.asTenant(theirs.team.tenantId, 'test', work);
    expect(await asThem((tx) => tx`select 1 from saved_reply_files where id = ${file}`)).toHaveLength(0);
    expect(await asThem((tx) => tx`select 1 from saved_reply_file_entities where id = ${file}`)).toHaveLength(0);
    const taken = await asThem((tx) => tx`update saved_reply_files set filename = 'x' where id = ${file} returning 1`);
    expect(taken).toHaveLength(0);
    expect(idsOf(await ours.save([file]))).toEqual([file]);
  });
});
