/** A file of a saved reply at the moment at which somebody leaves the team, or at which it would be removed. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SavedReplyFileId } from '../../../src/contract/ids.ts';
import type { SavedReply } from '../../../src/contract/saved-replies.ts';
import type { Caller } from '../../../src/inbox/command.ts';
import { unusedReplyFilesJob } from '../../../src/inbox/housekeeping/unsent-uploads.ts';
import { createReplyFiles, type ReplyFiles } from '../../../src/inbox/reply-files/reply-files.ts';
import { countFiles, setFiles } from '../../../src/inbox/saved-replies/file-queries.ts';
import type { BlobStore } from '../../../src/platform/blobs.ts';
import { createDiskBlobs } from '../../../src/platform/blobs-disk.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { testRunDir } from '../../support/environment.ts';
import { codeOf } from '../../support/staff.ts';
import { CAPABILITIES, createTeam, type Team } from '../../support/team.ts';

const PDF = Buffer.from(`%PDF-1.4\n${'p'.repeat(500)}`);
const blobs = createDiskBlobs(join(testRunDir(), `blobs-${randomBytes(4).toString('hex')}`));

let db: TestDatabase;
let team: Team;
let lead: Caller;
let reply: SavedReply;
let replyFiles: ReplyFiles;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});
beforeEach(async () => {
  team = await createTeam(db.database);
  lead = await team.member('manager');
  reply = (await team.execute('saved-reply:create', { shortcut: 'prices', text: 'Our prices' }, lead)).data.savedReply;
  replyFiles = replyFilesIn(blobs);
});

const replyFilesIn = (store: BlobStore): ReplyFiles =>
  createReplyFiles({
    ...{ database: db.database, capabilities: CAPABILITIES },
    store: { blobs: store, makeThumbnail: () => Promise.resolve(null) },
  });

const added = async (): Promise<SavedReplyFileId> => {
  const body = (async function* () {
    yield await Promise.resolve(PDF);
  })();
  const given = { filename: 'a.pdf', mime: 'application/pdf', announcedBytes: PDF.length, body };
  return (await replyFiles.accept(lead, given)).id;
};

const age = (id: SavedReplyFileId, minutes: number): Promise<unknown> =>
  db.database.run(
    'test.age',
    (sql) => sql`
      update saved_reply_files set unused_at = now() - make_interval(hours => 24, mins => ${minutes}) where id = ${id}`,
  );

const sizeOf = (id: SavedReplyFileId): Promise<number | null> => blobs.size(`${team.tenantId}/${id}`);
const clean = (over: Partial<BlobStore> = {}): Promise<number> =>
  unusedReplyFilesJob({ db: db.database, blobs: { ...blobs, ...over } }).run();
const take = (id: SavedReplyFileId): Promise<unknown> =>
  team.execute('saved-reply:update', { savedReplyId: reply.id, files: [id] }, lead);

describe('a file of a saved reply', () => {
  it('is neither read nor sent by who leaves the team after the request was let in', async () => {
    const agent = await team.member('agent');
    const id = await added();
    await take(id);
    expect(await replyFiles.find(agent, id)).toMatchObject({ filename: 'a.pdf' });
    await db.database.run(
      'test.leave',
      (sql) => sql`update tenant_members set removed_at = now() where id = ${agent.memberId}`,
    );
    expect(await replyFiles.find(agent, id)).toBeNull();
    const to = { accountId: team.account.accountId, kind: 'document' } as const;
    expect(await codeOf(replyFiles.copy(agent, id, to))).toBe('forbidden');
    expect(await replyFiles.find(lead, id)).not.toBeNull();
  });

  it('is not left open where its copy cannot be stored', async () => {
    const id = await added();
    const opened: Readable[] = [];
    const full: BlobStore = {
      ...blobs,
      write: () => Promise.reject(new Error('The disk is full.')),
      read: (key) => {
        const stream = blobs.read(key);
        opened.push(stream);
        return stream;
      },
    };
    const to = { accountId: team.account.accountId, kind: 'document' } as const;
    await expect(replyFilesIn(full).copy(lead, id, to)).rejects.toThrow('The disk is full.');
    expect(opened.map(({ destroyed }) => destroyed)).toEqual([true]);
  });

  it('is not removed while a reply is being saved with it that began in time', async () => {
    const id = await added();
    const owner = { tenantId: team.tenantId, id: reply.id };
    await db.database.asTenant(team.tenantId, 'test.save', async (tx) => {
      expect(await countFiles(tx, owner, [id])).toMatchObject({ usable: 1 });
      // As if the rest took ten minutes, until after its day is over.
      await age(id, 10);
      expect(await clean()).toBe(0);
      await setFiles(tx, owner, [id]).execute();
    });
    expect(await clean()).toBe(0);
    expect(await replyFiles.find(lead, id)).not.toBeNull();
    expect(await sizeOf(id)).toBe(PDF.length);
  });

  it('is taken by no reply from the moment at which it is being removed', async () => {
    const id = await added();
    await age(id, 61);
    const outcomes: string[] = [];
    const remove = async (key: string): Promise<void> => {
      await blobs.remove(key);
      outcomes.push(await codeOf(take(id)));
    };
    expect(await clean({ remove })).toBe(1);
    expect(outcomes).toEqual(['invalid_input', 'invalid_input']);
    expect([await replyFiles.find(lead, id), await sizeOf(id)]).toEqual([null, null]);
  });
});
