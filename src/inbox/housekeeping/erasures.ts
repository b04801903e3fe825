/**
 * Continues erasures of contacts and of retention terms, a bounded step at a time, and removes the erased files from
 * the store.
 */
import type { ContactId, MediaId, TenantId } from '../../contract/ids.ts';
import type { BlobStore } from '../../platform/blobs.ts';
import type { Logger } from '../../platform/log.ts';
import type { Database, Sql, Tx } from '../../platform/postgres.ts';
import type { Surroundings } from '../erasing/arrivals.ts';
import { takeStep } from '../erasing/stages.ts';
import type { Running } from '../erasing/steps.ts';
import type { LoggedEvent } from '../event-log.ts';
import { publishHints, type HintPublisher } from '../hints.ts';
import { NIL_TENANT } from '../ingest/part.ts';
import { removeFile } from '../media/store-file.ts';
import type { Job } from './jobs.ts';

const AT_ONCE = 20;
const FILES = 50;
const STEP_DEADLINE_MS = 60_000;

/** What erasing needs; `db` of the owner kind. */
export interface ErasuresDeps extends Surroundings {
  readonly db: Database;
  readonly log: Logger;
  readonly hints: HintPublisher;
  readonly blobs: BlobStore;
}

/** Each step is one transaction: after a crash the next step starts from the last commit. */
export function erasuresJob(deps: ErasuresDeps): Job {
  // Each round takes the next erasures, so that those that have to wait do not block the others.
  let behind: string = NIL_TENANT;
  return {
    name: 'erasures',
    everyMs: 1000,
    full: 1,
    run: async () => {
      let done = 0;
      const running = await deps.db.run('erasures.running', (sql) => selectRunning(sql, behind));
      behind = running.length < AT_ONCE ? NIL_TENANT : (running.at(-1)?.contactId ?? NIL_TENANT);
      for (const key of running) {
        // A failure of one erasure must not stop the others.
        done += await goOn(deps, key).catch((error: unknown) => {
          deps.log.warn({ err: error, contactId: key.contactId }, 'An erasure could not go on; it is tried again.');
          return 0;
        });
      }
      return done + (await removeFiles(deps));
    },
  };
}

type Key = Pick<Running, 'tenantId' | 'contactId'>;

/** Index: erasures_running. Locks nothing. */
async function selectRunning(sql: Sql, behind: string): Promise<Key[]> {
  return await sql<{ tenantId: TenantId; contactId: ContactId }[]>`
    select tenant_id as "tenantId", contact_id as "contactId" from erasures
    where finished_at is null and contact_id > ${behind} order by contact_id limit ${AT_ONCE}`;
}

async function goOn({ db, hints, arrivals }: ErasuresDeps, key: Key): Promise<number> {
  const { moved, logged } = await db.transaction('erasures.step', (tx) => step(tx, key, { arrivals }), {
    deadlineMs: STEP_DEADLINE_MS,
  });
  publishHints(hints, logged);
  return moved ? 1 : 0;
}

/** Index: erasures primary key. Locks the row; if another process has it locked, leaves the erasure to that one. */
async function step(
  tx: Tx,
  { tenantId, contactId }: Key,
  around: Surroundings,
): Promise<{ readonly moved: boolean; readonly logged: readonly LoggedEvent[] }> {
  const [erasure] = await tx<Running[]>`
    select tenant_id as "tenantId", contact_id as "contactId", by_term as "byTerm", requested_at as "requestedAt", stage, place,
      walked, thread_ids as "threadIds"
    from erasures where tenant_id = ${tenantId} and contact_id = ${contactId} and finished_at is null
    for update skip locked`;
  return erasure === undefined ? { moved: false, logged: [] } : await takeStep(tx, erasure, around);
}

/**
 * Removes the bytes first, so a round that fails in between is repeated. A file that the store refuses to remove is due
 * again after a minute and does not block those behind it. Indexes: erased_files_due, primary key. Locks each file's
 * row.
 */
async function removeFiles({ db, blobs }: ErasuresDeps): Promise<number> {
  const due = await db.run(
    'erasures.files',
    (sql) => sql<{ tenantId: TenantId; mediaId: MediaId }[]>`
      select tenant_id as "tenantId", media_id as "mediaId" from erased_files
      where due_at <= now() order by due_at limit ${FILES}`,
  );
  for (const file of due) {
    const { tenantId, mediaId } = file;
    try {
      await removeFile(blobs, file);
    } catch (error) {
      await db.run(
        'erasures.file_refused',
        (sql) => sql`
          update erased_files set due_at = now() + interval '1 minute' where tenant_id = ${tenantId} and media_id = ${mediaId}`,
      );
      throw error;
    }
    await db.run(
      'erasures.file_gone',
      (sql) => sql`delete from erased_files where tenant_id = ${tenantId} and media_id = ${mediaId}`,
    );
  }
  return due.length;
}
