import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logChanges } from '../../src/inbox/event-log.ts';
import type { Tx } from '../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createTeam, newThread, type Team } from '../support/team.ts';

let db: TestDatabase;
let ours: Team;
let theirs: Team;
beforeAll(async () => {
  db = await createTestDatabase();
  ours = await createTeam(db.database);
  theirs = await createTeam(db.database);
  for (const team of [ours, theirs]) {
    const ana = await team.member('agent');
    const { threadId } = await newThread(team);
    await team.execute('note:add', { threadId, text: 'secret' }, ana);
    await team.execute('thread:set-tags', { threadId, add: ['vip'] }, ana);
  }
});
afterAll(async () => {
  await db.drop();
});

const TABLES = [
  'tenant_members',
  'tenant_logs',
  'contacts',
  'contact_addresses',
  'threads',
  'messages',
  'notes',
  'tags',
  'tenant_events',
];
const VIEWS = ['contact_entities', 'thread_entities', 'message_entities', 'note_entities', 'member_entities'];

/** A statement whose author forgot the tenant. */
const tenantsIn = async (tx: Tx, table: string): Promise<string[]> => {
  const rows = await tx<{ tenantId: string }[]>`select distinct tenant_id as "tenantId" from ${tx(table)}`;
  return rows.map(({ tenantId }) => tenantId);
};

describe('a statement without its tenant', () => {
  it.each([...TABLES, ...VIEWS])('shows of %s what belongs to the session’s tenant', async (table) => {
    expect(await db.database.asTenant(ours.tenantId, 'test', (tx) => tenantsIn(tx, table))).toEqual([ours.tenantId]);
  });

  it.each([...TABLES, ...VIEWS])(
    'would show all of %s to the owner: the policy makes the difference',
    async (table) => {
      const seen = await db.database.transaction('test', (tx) => tenantsIn(tx, table));
      expect(seen).toEqual(expect.arrayContaining([ours.tenantId, theirs.tenantId]));
    },
  );

  it('changes nothing of others', async () => {
    const changed = await db.database.asTenant(
      ours.tenantId,
      'test',
      (tx) => tx`update threads set status = 'resolved'`,
    );
    expect(changed.count).toBe(1);
  });

  it('cannot write into another tenant', async () => {
    const tenantId = theirs.tenantId;
    const steal = db.database.asTenant(
      ours.tenantId,
      'test',
      (tx) => tx`insert into tags (tenant_id, name) values (${tenantId}, 'x')`,
    );
    await expect(steal).rejects.toMatchObject({ code: '42501' });
  });

  it('finds nothing by search', async () => {
    const found = await db.database.asTenant(
      ours.tenantId,
      'test',
      (tx) => tx<{ id: string }[]>`select search_threads('text', 500) as id`,
    );
    expect(found).toHaveLength(1);
  });
});

describe('a round of sends', () => {
  /** What it may read of those above. */
  const readable = TABLES.filter((table) => !['notes', 'tags'].includes(table));

  it.each([...readable, 'contact_entities'])('is shown of %s what belongs to its businesses', async (table) => {
    const third = await createTeam(db.database);
    await newThread(third);
    const seenBy = (...teams: Team[]): Promise<string[]> =>
      db.database.asTenants(
        teams.map((team) => team.tenantId),
        'test',
        (tx) => tenantsIn(tx, table),
      );
    expect(await seenBy(ours)).toEqual([ours.tenantId]);
    expect((await seenBy(ours, theirs)).sort()).toEqual([ours.tenantId, theirs.tenantId].sort());
    expect(await seenBy()).toEqual([]);
  });

  it.each(['notes', 'tags', 'media', 'users', 'webhook_journal', 'audit_log'])(
    'cannot read %s at all',
    async (table) => {
      const read = db.database.asTenants([ours.tenantId], 'test', (tx) => tx`select * from ${tx(table)}`);
      await expect(read).rejects.toMatchObject({ code: '42501' });
    },
  );
});

describe('the role that serves users', () => {
  it.each(['users', 'webhook_journal', 'dead_letters', 'webhook_spill', 'audit_log', 'schema_migrations'])(
    'cannot read %s at all',
    async (table) => {
      const read = db.database.asTenant(ours.tenantId, 'test', (tx) => tx`select * from ${tx(table)}`);
      await expect(read).rejects.toMatchObject({ code: '42501' });
    },
  );

  it('cannot read the credentials of accounts', async () => {
    const read = db.database.asTenant(
      ours.tenantId,
      'test',
      (tx) => tx`select token_ciphertext from whatsapp_accounts`,
    );
    await expect(read).rejects.toMatchObject({ code: '42501' });
  });

  it('cannot log for another tenant', async () => {
    const { tenantId } = theirs;
    const change = { tenantId, type: 'tenant.updated', id: tenantId, threadId: null, before: null } as const;
    const write = db.database.asTenant(ours.tenantId, 'test', (tx) => logChanges(tx, [change]));
    await expect(write).rejects.toMatchObject({ code: '42501' });
  });
});

describe('a caller of one tenant', () => {
  it('is nobody in another', async () => {
    const stranger = await theirs.member('tenant_admin');
    const attempt = ours.execute('inbox:snapshot', {}, { ...stranger, tenantId: ours.tenantId });
    await expect(attempt).rejects.toMatchObject({ code: 'forbidden' });
  });
});
