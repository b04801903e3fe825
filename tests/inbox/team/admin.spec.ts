import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addAccount } from '../../../src/inbox/accounts/admin.ts';
import type { AccountToAdd } from '../../../src/inbox/accounts/writes.ts';
import { openCredential } from '../../../src/inbox/accounts/credentials.ts';
import { addMember, removeMember, setRole } from '../../../src/inbox/team/admin.ts';
import { createTenant, tenantBySlug } from '../../../src/inbox/tenants/admin.ts';
import { fingerprint } from '../../../src/lib/hash.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import { encryptionKey } from '../../../src/platform/crypto.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { createTeam, eventsAfter, giveTo, headOf, newThread, threadNow } from '../../support/team.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

describe('an operator', () => {
  it('creates a tenant with a log of its own, once per slug', async () => {
    const tenant = { slug: `shop-${uuid7()}`, name: 'Shop', agentVisibility: 'all' } as const;
    const create = (): Promise<string> => db.database.transaction('test', (tx) => createTenant(tx, tenant));
    const id = await create();
    await expect(create()).rejects.toMatchObject({ code: 'conflict' });
    expect(await db.database.run('test', (sql) => tenantBySlug(sql, tenant.slug))).toEqual({ id, ...tenant });
    const log = await db.database.run('test', (sql) => sql`select head from tenant_logs where tenant_id = ${id}`);
    expect(log).toEqual([{ head: 0 }]);
  });

  it.each(['Shop', 'a b', '', '-x', 'x'.repeat(64)])('cannot call a tenant %j', async (slug) => {
    const create = db.database.transaction('test', (tx) =>
      createTenant(tx, { slug, name: 'x', agentVisibility: 'own' }),
    );
    await expect(create).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('changes a role for the next command, and says so in the log with a higher version', async () => {
    const team = await createTeam(db.database, { visibility: 'own' });
    const email = `${uuid7()}@example.test`;
    const { tenantId } = team;
    const { memberId, userId } = await addMember(db.database, {
      tenantId,
      email,
      name: 'Mo',
      role: 'agent',
      password: null,
    });
    const caller = { tenantId, memberId, userId, expiresAtMs: Number.MAX_SAFE_INTEGER, session: null };
    const { threadId } = await newThread(team);
    await expect(team.execute('thread:messages', { threadId }, caller)).rejects.toMatchObject({ code: 'not_found' });
    const head = await headOf(team);
    await setRole(db.database, { tenantId, email: email.toUpperCase() }, 'manager');
    await team.execute('thread:messages', { threadId }, caller);
    expect(await eventsAfter(team, head)).toEqual([
      expect.objectContaining({
        type: 'member.updated',
        data: expect.objectContaining({
          version: 2,
          removed: false,
          member: expect.objectContaining({ role: 'manager' }) as unknown,
        }) as unknown,
      }),
    ]);
  });

  it('removes a member, frees their open conversations, and can take them back', async () => {
    const team = await createTeam(db.database);
    const email = `${uuid7()}@example.test`;
    const { tenantId } = team;
    const member = { tenantId, email, name: 'Mo', role: 'agent', password: null } as const;
    const { memberId, userId } = await addMember(db.database, member);
    await expect(addMember(db.database, member)).rejects.toMatchObject({ code: 'conflict' });
    const { threadId } = await newThread(team);
    await giveTo(team, threadId, memberId);
    const head = await headOf(team);
    const { logged } = await removeMember(db.database, { tenantId, email });
    expect(logged.map(({ type }) => type)).toEqual(['member.updated', 'thread.updated']);
    expect((await eventsAfter(team, head))[0]?.data).toMatchObject({ removed: true });
    expect((await threadNow(team, threadId)).assigneeId).toBeNull();
    const caller = { tenantId, memberId, userId, expiresAtMs: 0, session: null };
    await expect(team.execute('thread:list', {}, caller)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(removeMember(db.database, { tenantId, email })).rejects.toMatchObject({ code: 'not_found' });
    expect((await addMember(db.database, member)).memberId).toBe(memberId);
    await team.execute('thread:list', {}, caller);
  });

  it('stores the credentials of a number so that only the key opens them', async () => {
    const { tenantId } = await createTeam(db.database);
    const key = encryptionKey(randomBytes(32));
    const account: AccountToAdd = {
      ...{ tenantId, provider: 'cloud', name: 'Shop', externalId: '42', phone: '+15550100042' },
      ...{
        secret: 'new-secret, old-secret',
        accessToken: 'the-token',
        apiBaseUrl: 'https://api.example/',
        accountSid: null,
      },
    };
    const add = (): ReturnType<typeof addAccount> =>
      db.database.transaction('test', (tx) => addAccount(tx, account, key));
    const { accountId, logged } = await add();
    expect(logged.map(({ type }) => type)).toEqual(['account.updated']);
    await expect(add()).rejects.toMatchObject({ code: 'conflict' });
    const [row] = await db.database.run(
      'test',
      (sql) => sql<{ secret: Buffer; token: Buffer; marks: string[]; url: string }[]>`
        select secret_ciphertext as secret, token_ciphertext as token, secret_fingerprints as marks, api_base_url as url
        from whatsapp_accounts where id = ${accountId}`,
    );
    expect(row?.marks).toEqual([fingerprint('new-secret'), fingerprint('old-secret')]);
    expect(row?.url).toBe('https://api.example');
    expect(row?.token.toString()).not.toContain('the-token');
    expect(openCredential(row!.token, [key], accountId, 'token')).toBe('the-token');
    expect(() => openCredential(row!.token, [key], accountId, 'secret')).toThrow();
  });

  it('leaves a line in the audit log for each of these, without content', async () => {
    const team = await createTeam(db.database);
    const { tenantId } = team;
    const email = `${uuid7()}@example.test`;
    await addMember(db.database, { tenantId, email, name: 'Mo', role: 'agent', password: 'correct horse' });
    await setRole(db.database, { tenantId, email }, 'manager');
    await removeMember(db.database, { tenantId, email });
    const rows = await db.database.run(
      'test',
      (sql) => sql`select action, actor_type, details::text from audit_log where tenant_id = ${tenantId} order by id`,
    );
    expect(rows.map(({ action }) => action as string)).toEqual(['member.added', 'member.role_set', 'member.removed']);
    expect(JSON.stringify(rows)).not.toContain(email);
  });
});
