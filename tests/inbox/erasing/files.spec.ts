/** Files that a customer was sent go from the store as those that they sent, whatever it refuses. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MediaId } from '../../../src/contract/ids.ts';
import { erasuresJob } from '../../../src/inbox/housekeeping/erasures.ts';
import type { Job } from '../../../src/inbox/housekeeping/jobs.ts';
import { insertUpload, markUploaded } from '../../../src/inbox/media/unsent.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import { createDiskBlobs } from '../../../src/platform/blobs-disk.ts';
import type { BlobStore } from '../../../src/platform/blobs.ts';
import { createTeam, createTestExecutor, type Team } from '../../support/actors.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, message, part, person } from '../../support/ingest.ts';
import { silentLog } from '../../support/log.ts';

const LAST_ID = 'ffffffff-0000-4000-8000-000000000000';

let db: TestDatabase;
let team: Team;
let folder: string;

beforeAll(async () => {
  db = await createTestDatabase();
  team = await createTeam(db.database, 'all');
  folder = await mkdtemp(join(tmpdir(), 'erase-files-'));
});
afterAll(async () => {
  await db.drop();
  await rm(folder, { recursive: true });
});

/** As the route of uploads does it. Returns its id and where it is. */
async function upload(): Promise<{ readonly mediaId: MediaId; readonly path: string }> {
  const { tenantId, accountId } = team.account;
  const mediaId = uuid7() as MediaId;
  const storageKey = `${tenantId}/${mediaId}`;
  await createDiskBlobs(folder).write(storageKey, Readable.from([Buffer.from('png')]), 3);
  await db.database.transaction('test.upload', async (tx) => {
    const about = { kind: 'image' as const, filename: null, voice: false };
    const { memberId } = team.members.admin.caller;
    await insertUpload(tx, {
      ...{ tenantId, mediaId, memberId, mime: 'image/png' },
      upload: { ...about, accountId },
    });
    const unknown = { thumbnailKey: null, still: null, width: null, height: null };
    await markUploaded(
      tx,
      { tenantId, mediaId },
      { storageKey, sizeBytes: 3, sha256: '0', mime: 'image/png', ...unknown },
    );
  });
  return { mediaId, path: join(folder, storageKey) };
}

const jobWith = (blobs: BlobStore): Job =>
  erasuresJob({
    ...{ db: db.database, log: silentLog, blobs, hints: { publish: () => undefined } },
    arrivals: () => Promise.resolve(null),
  });

it('takes a file that a member has sent, and ends', async () => {
  const { caller } = team.members.admin;
  const execute = createTestExecutor(db.database);
  const chat = person('15550177001', 'Ada');
  const body = Buffer.from('raw');
  await apply(db.database, team.account, [
    part([message(team.account.channel, 'a1', { chat, text: 'hello', atMs: Date.now() - 3000 })], {
      ...{ body, receivedAtMs: Date.now() - 2000 },
    }),
  ]);
  const [thread] = (await execute('thread:list', {}, caller)).data.items;
  const { mediaId, path } = await upload();
  await execute('message:send', { threadId: thread!.id, kind: 'image', mediaId, commandId: randomUUID() }, caller);
  expect(existsSync(path)).toBe(true);
  const contactId = thread!.contact.id;
  await execute('contact:erase', { contactId, confirm: thread!.contact.displayName }, caller);
  const job = jobWith(createDiskBlobs(folder));
  while ((await job.run()) > 0);
  expect(existsSync(path)).toBe(false);
  const [erasure] = await db.database.run(
    'test.erasure',
    (sql) => sql<{ finished: boolean }[]>`select finished_at is not null as finished from erasures`,
  );
  expect(erasure?.finished).toBe(true);
});

it('goes on with other files where the store refuses one', async () => {
  const { tenantId } = team.account;
  const [refused, other] = [await upload(), await upload()];
  await db.database.run(
    'test.erased_files',
    (sql) => sql`
      insert into erased_files (tenant_id, media_id, due_at)
      values (${tenantId}, ${refused.mediaId}, now() - interval '2 s'), (${tenantId}, ${other.mediaId}, now() - interval '1 s')`,
  );
  const disk = createDiskBlobs(folder);
  const remove: BlobStore['remove'] = (key) =>
    key === `${tenantId}/${refused.mediaId}` ? Promise.reject(new Error('refused')) : disk.remove(key);
  const job = jobWith({ ...disk, remove });
  await expect(job.run()).rejects.toThrow('refused');
  await job.run();
  expect([existsSync(refused.path), existsSync(other.path)]).toEqual([true, false]);
  const waiting = await db.database.run('test.waiting', (sql) => sql`select media_id::text as id from erased_files`);
  expect([...waiting]).toEqual([{ id: refused.mediaId }]);
});

it('is not held up by erasures that have to wait', async () => {
  const { tenantId } = team.account;
  await db.database.run(
    'test.waiting_erasures',
    (sql) => sql`
      with waiting as (
        select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid as id from generate_series(1, 20) n
      ), files as (
        insert into erased_files (tenant_id, media_id, contact_id, due_at)
        select ${tenantId}::uuid, id, id, now() + interval '1 day' from waiting
      )
      insert into erasures (tenant_id, contact_id, stage, contact_ids, thread_ids, addresses, needles)
      select ${tenantId}::uuid, id, 'files', '{}'::uuid[], '{}'::uuid[], '{}'::text[], '{}'::text[]
      from (select id from waiting union all select ${LAST_ID}::uuid) all_of_them`,
  );
  const job = jobWith(createDiskBlobs(folder));
  await job.run();
  await job.run();
  const through = await db.database.run(
    'test.through',
    (sql) => sql`select from erasures where contact_id = ${LAST_ID} and finished_at is not null`,
  );
  expect(through).toHaveLength(1);
});
