/** A business with rows in every table that holds rows of businesses, and the housekeeping that erases it. */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { TenantId } from '../../src/contract/ids.ts';
import { erasuresJob } from '../../src/inbox/housekeeping/erasures.ts';
import { tenantErasuresJob } from '../../src/inbox/housekeeping/tenant-erasures.ts';
import { eraseTenant, type TenantErasure } from '../../src/inbox/tenants/erase-tenant.ts';
import type { BlobStore } from '../../src/platform/blobs.ts';
import type { Database } from '../../src/platform/postgres.ts';
import type { StreamSpan } from '../../src/platform/stream-commands.ts';
import { apply, createTenant, message, part, person } from './ingest.ts';
import { silentLog } from './log.ts';
import { waitFor } from './wait.ts';

export type Business = Awaited<ReturnType<typeof createTenant>> & {
  readonly userId: string;
  readonly files: readonly string[];
};

/** All its texts begin with `word`; `channel`: its only number. */
export async function createBusiness(
  database: Database,
  blobs: BlobStore,
  { word, channel }: { readonly word: string; readonly channel: string },
): Promise<Business> {
  const account = await createTenant(database, channel);
  const { tenantId } = account;
  const chats = ['1', '2'].map((digit) => person(`1555${channel.slice(-6)}${digit}`, `${word} customer ${digit}`));
  const said = chats.map((chat, at) =>
    message(channel, `${word}-${String(at)}`, { chat, text: `${word} ${String(at)}` }),
  );
  await apply(database, account, [part(said, { body: Buffer.from(`${word} raw`) })]);
  const userId = await fill(database, account, word);
  const owners = await database.run(
    'test.files',
    (sql) => sql<{ id: string }[]>`
      select id from media where tenant_id = ${tenantId}
      union all select id from saved_reply_files where tenant_id = ${tenantId} order by 1`,
  );
  const files = owners.map(({ id }) => `${tenantId}/${id}`);
  for (const file of files) await blobs.write(file, Readable.from([Buffer.from(word)]), word.length);
  return { ...account, userId, files };
}

/** Rows that no webhook creates. */
async function fill(
  database: Database,
  { tenantId, accountId, channel }: Omit<Business, 'userId' | 'files'>,
  word: string,
): Promise<string> {
  return await database.transaction('test.fill', async (tx) => {
    const [thread, other] = await tx<{ id: string; contact: string; message: string }[]>`
      select id, contact_id as contact, last_message_id as message from threads where tenant_id = ${tenantId} order by id`;
    if (thread === undefined || other === undefined) throw new Error('two customers have written');
    const [user] = await tx<{ id: string }[]>`
      insert into users (email, display_name) values (${`${word}@${channel}.example`}, ${word}) returning id`;
    const [member] = await tx<{ id: string }[]>`
      insert into tenant_members (tenant_id, user_id, display_name, role)
      values (${tenantId}, ${user!.id}, ${word}, 'tenant_admin') returning id`;
    await tx`update threads set assignee_id = ${member!.id} where tenant_id = ${tenantId} and id = ${thread.id}`;
    await tx`insert into account_upkeep (tenant_id, account_id) values (${tenantId}, ${accountId})`;
    await tx`
      insert into templates (tenant_id, account_id, name, language, title, status, content, synced_at)
      values (${tenantId}, ${accountId}, ${word}, 'en', ${word}, 'approved', '{}', now())`;
    const merge = randomUUID();
    await tx`
      insert into contact_merges (tenant_id, id, from_contact_id, into_contact_id, merged_by, before)
      values (${tenantId}, ${merge}, ${other.contact}, ${thread.contact}, ${member!.id}, ${tx.json({ word })})`;
    await tx`insert into merged_messages values (${tenantId}, ${merge}, ${thread.message}, ${thread.id})`;
    await tx`insert into merged_participations values (${tenantId}, ${merge}, ${thread.message}, 'author')`;
    await tx`insert into reactions values (${tenantId}, ${thread.message}, 'contact', ${thread.contact}, ${word}, now())`;
    await tx`insert into poll_votes values (${tenantId}, ${thread.message}, 'contact', ${thread.contact}, ${[word]}, now())`;
    await tx`
      insert into reaction_sends (tenant_id, thread_id, account_id, message_id, member_id, emoji)
      values (${tenantId}, ${thread.id}, ${accountId}, ${thread.message}, ${member!.id}, ${word.slice(0, 8)})`;
    await tx`
      insert into receipts (tenant_id, thread_id, account_id, provider_message_id, next_attempt_at)
      values (${tenantId}, ${thread.id}, ${accountId}, ${word}, now() + interval '1 hour')`;
    await tx`insert into parked (tenant_id, account_id, target_id, kind, dedupe, item)
      values (${tenantId}, ${accountId}, ${word}, 'status', ${word}, '{}')`;
    await tx`
      insert into media (tenant_id, thread_id, mime, filename, state, storage_key)
      values (${tenantId}, ${thread.id}, 'text/plain', ${word}, 'ready', 'k')`;
    await tx`insert into notes (tenant_id, thread_id, author_id, text) values (${tenantId}, ${thread.id}, ${member!.id}, ${word})`;
    await tx`insert into tags (tenant_id, name) values (${tenantId}, ${word})`;
    await tx`insert into saved_replies (tenant_id, shortcut, text, updated_by) values (${tenantId}, ${word}, ${word}, ${member!.id})`;
    await tx`
      insert into saved_reply_files (tenant_id, uploaded_by, mime, filename, storage_key)
      values (${tenantId}, ${member!.id}, 'a/b', ${word}, 'k')`;
    await tx`insert into commands (tenant_id, member_id, command_id, name, result)
      values (${tenantId}, ${member!.id}, ${randomUUID()}, 'note:add', ${tx.json({ word })})`;
    await tx`
      insert into dead_letters (tenant_id, provider, channel, reason, body, received_at, correlation_id)
      values (${tenantId}, 'cloud', ${channel}, 'poison', ${Buffer.from(word)}, now(), 'c')`;
    await tx`
      insert into audit_log (tenant_id, actor_type, action, subject_type, details)
      values (${tenantId}, 'operator', 'test', 'tenant', ${tx.json({ word })})`;
    await tx`
      insert into erasures (tenant_id, contact_id, finished_at, contact_ids, thread_ids, addresses, needles)
      values (${tenantId}, ${randomUUID()}, now(), '{}', '{}', '{}', '{}')`;
    await tx`insert into erased_messages values (${tenantId}, ${accountId}, ${Buffer.from(word)})`;
    await tx`insert into erased_files values (${tenantId}, ${randomUUID()}, ${thread.contact}, now())`;
    await tx`insert into report_cursors (tenant_id) values (${tenantId})`;
    await tx`insert into report_slots (tenant_id, slot) values (${tenantId}, now())`;
    await tx`insert into report_facts (tenant_id, thread_id, id, at, kind, audited)
      values (${tenantId}, ${thread.id}, ${randomUUID()}, now(), 'begun', false)`;
    await tx`insert into report_threads (tenant_id, thread_id, last_at, last_id, resolved)
      values (${tenantId}, ${thread.id}, now(), ${randomUUID()}, false)`;
    return user!.id;
  });
}

/** The operator's command; the name is that of tests/support/ingest.ts. */
export async function erase(database: Database, tenant: string, confirm = 'Test'): Promise<TenantErasure> {
  return (await database.transaction('test.erase', (tx) => eraseTenant(tx, { tenant, confirm }))).erasure;
}

/** The part of housekeeping that erases businesses. */
export interface Eraser {
  /** Runs one round and returns how much it did. `inMs`: as if it were that much later. */
  readonly round: (inMs?: number) => Promise<number>;
  /** Runs rounds until no erasure is in progress. */
  readonly finish: () => Promise<void>;
  /** Runs rounds until the erasure of this tenant has begun to delete rows. */
  readonly settle: (tenantId: TenantId) => Promise<void>;
}

/** `arrivals`: what is on the stream of webhooks; by default nothing. */
export function createEraser(
  db: Database,
  blobs: BlobStore,
  arrivals: () => Promise<StreamSpan | null> = () => Promise.resolve(null),
): Eraser {
  let aheadMs = 0;
  const deps = {
    ...{ db, blobs, log: silentLog, arrivals },
    hints: { publish: () => undefined },
    nowMs: () => Date.now() + aheadMs,
  };
  const jobs = [tenantErasuresJob(deps), erasuresJob(deps)];
  const round = async (inMs = 60_000): Promise<number> => {
    aheadMs = inMs;
    let done = 0;
    for (const job of jobs) done += await job.run();
    return done;
  };
  return {
    round,
    // Also waits for transactions of other tests in the same cluster that were already running.
    finish: async () => {
      const isThrough = async (): Promise<boolean> => {
        while ((await round()) > 0);
        return !(await isRunning(db));
      };
      await waitFor(isThrough, { what: 'the erasure' });
    },
    settle: async (tenantId) => {
      const isSettled = async (): Promise<boolean> => {
        await round();
        return (await erase(db, tenantId)).stage !== 'settle';
      };
      await waitFor(isSettled, { what: 'the erasure to begin' });
    },
  };
}

async function isRunning(db: Database): Promise<boolean> {
  const rows = await db.run(
    'test.running',
    (sql) => sql`select from tenant_erasures where finished_at is null limit 1`,
  );
  return rows.length > 0;
}

/** How many rows of a tenant each table has, by name; partitions count with their table. */
export async function rowsOf(database: Database, tenantId: TenantId): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const table of await tenantTables(database)) {
    const [row] = await database.run(
      'test.count',
      (sql) => sql<{ n: number }[]>`select count(*)::int as n from ${sql(table)} where tenant_id = ${tenantId}`,
    );
    counts.set(table, row?.n ?? 0);
  }
  return counts;
}

/** Tables with rows of businesses. */
export async function tenantTables(database: Database): Promise<string[]> {
  const rows = await database.run(
    'test.tables',
    (sql) => sql<{ name: string }[]>`
      select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
      where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace order by 1`,
  );
  return rows.map(({ name }) => name);
}
