/** Saved replies of a business: who may change them, what is refused, and who knows of a change. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyFrame, fromSnapshot } from '../../../client/src/sync/apply-event.ts';
import type { InboxState } from '../../../client/src/sync/model.ts';
import { COMMANDS, type CommandInput } from '../../../src/contract/commands.ts';
import type { SavedReply } from '../../../src/contract/saved-replies.ts';
import { MAX_SAVED_REPLY_BYTES, MOST_SAVED_REPLIES } from '../../../src/contract/saved-reply-text.ts';
import { judge, toClient, viewOf } from '../../../src/inbox/audience.ts';
import type { Caller } from '../../../src/inbox/command.ts';
import { abilityFor } from '../../../src/inbox/team/ability.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import type { Database } from '../../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { codeOf } from '../../support/staff.ts';
import { createTeam, eventsAfter, headOf, newCommandId, type Team } from '../../support/team.ts';

const ROLES = ['super_admin', 'tenant_admin', 'manager', 'agent'] as const;

let db: TestDatabase;
/** With connections enough for commands that really run at once. */
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
  readonly save: (shortcut: string, text?: string) => Promise<SavedReply>;
  readonly list: (by?: Caller) => Promise<readonly SavedReply[]>;
}

async function createBusiness(): Promise<Business> {
  const narrow = await createTeam(db.database);
  const team = { ...narrow, execute: narrow.executorWith({ database: wide }) };
  const lead = await team.member('manager');
  return {
    ...{ team, lead },
    save: async (shortcut, text = 'Hello') =>
      (await team.execute('saved-reply:create', { shortcut, text }, lead)).data.savedReply,
    list: async (by = lead) => {
      const { data } = await team.execute('saved-reply:list', {}, by);
      return COMMANDS['saved-reply:list'].result.parse(data).items;
    },
  };
}

const errorOf = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => null,
    (error: unknown) => error,
  );

/** The inbox of this member as a client has it that starts now. */
async function inboxOf({ team }: Business, by: Caller): Promise<InboxState> {
  return fromSnapshot((await team.execute('inbox:snapshot', {}, by)).data, by.memberId);
}

describe('a saved reply', () => {
  it('is changed by managers and administrators, and read by everybody on the team', async () => {
    const business = await createBusiness();
    const { team, save, list } = business;
    const saved = await save('hours', 'We are open from 9 to 5, {{ customer.name }}.');
    const outcomes: Record<string, readonly string[]> = {};
    for (const role of ROLES) {
      const by = await team.member(role);
      expect([...(await inboxOf(business, by)).savedReplies.values()]).toEqual(await list(by));
      const savedReplyId = saved.id;
      outcomes[role] = [
        await codeOf(team.execute('saved-reply:create', { shortcut: role, text: 'Hi' }, by)),
        await codeOf(team.execute('saved-reply:update', { savedReplyId, text: `From ${role}` }, by)),
      ];
    }
    const refused = ['forbidden', 'forbidden'];
    expect(outcomes).toEqual({
      ...{ super_admin: refused, tenant_admin: ['ok', 'ok'] },
      ...{ manager: ['ok', 'ok'], agent: refused },
    });
    expect((await list()).map(({ shortcut, text }) => `${shortcut}: ${text}`)).toEqual([
      ...['hours: From manager', 'manager: Hi', 'tenant_admin: Hi'],
    ]);
    const agent = await team.member('agent');
    const removing = { savedReplyId: saved.id };
    expect(await codeOf(team.execute('saved-reply:remove', removing, agent))).toBe('forbidden');
    expect(await codeOf(team.execute('saved-reply:remove', removing, business.lead))).toBe('ok');
    expect((await list(agent)).map(({ shortcut }) => shortcut)).toEqual(['manager', 'tenant_admin']);
  });

  it('says who changed it last, and when', async () => {
    const { team, lead, save, list } = await createBusiness();
    const saved = await save('hello');
    expect(saved).toMatchObject({ updatedBy: lead.memberId, version: 1 });
    const admin = await team.member('tenant_admin');
    await team.execute('saved-reply:update', { savedReplyId: saved.id, text: 'Good day' }, admin);
    const [changed] = await list();
    expect(changed).toMatchObject({ updatedBy: admin.memberId, version: 2, shortcut: 'hello', text: 'Good day' });
    expect(Date.parse(changed!.updatedAt)).toBeGreaterThanOrEqual(Date.parse(saved.updatedAt));
  });

  it('has its shortcut alone in its business, in whichever case and spelling it is typed', async () => {
    const { team, lead, save, list } = await createBusiness();
    const saved = await save(' Ol\u0041\u0301-1 ');
    expect(saved.shortcut).toBe('olá-1');
    const again = errorOf(save('OLÁ-1'));
    expect(await again).toMatchObject({ code: 'conflict', details: { savedReply: saved } });
    const other = await save('other');
    const renamed = { savedReplyId: other.id, shortcut: 'Olá-1' };
    expect(await codeOf(team.execute('saved-reply:update', renamed, lead))).toBe('conflict');
    const outcomes = await Promise.all(['Two', 'two', 'TWO'].map((shortcut) => codeOf(save(shortcut))));
    expect(outcomes.sort()).toEqual(['conflict', 'conflict', 'ok']);
    expect((await list()).map(({ shortcut }) => shortcut)).toEqual(['olá-1', 'other', 'two']);
    // Elsewhere it is free, and the one that has it may keep it.
    expect((await (await createBusiness()).save('olá-1')).shortcut).toBe('olá-1');
    const kept = { savedReplyId: other.id, shortcut: 'OTHER', text: 'Changed' };
    expect(await codeOf(team.execute('saved-reply:update', kept, lead))).toBe('ok');
  });

  it('is refused with a placeholder that nothing can be filled into, by its name', async () => {
    const { team, lead, save } = await createBusiness();
    const text = 'Hi {{customer.name}}, I am {{agent.name}} of {{business.name}}, {{ order }}';
    expect(await errorOf(save('hi', text))).toMatchObject({
      code: 'invalid_input',
      details: [{ path: 'text', message: 'has an unknown placeholder: {{business.name}}' }],
    });
    const saved = await save('hi', 'Hi {{ customer.name }}, {this} and {"that":{"one":1}}}');
    const change = { savedReplyId: saved.id, text: 'Hi {{}}' };
    expect(await codeOf(team.execute('saved-reply:update', change, lead))).toBe('invalid_input');
    // One that is not closed would be sent as it is.
    for (const [wrong, name] of [
      ['Hi {{customer.name}, welcome', '{{customer.name}'],
      ['Hi {{ customer.name }, I am {{agent.name}}', '{{'],
      ['Hi {{{{customer.name}}', '{{'],
    ] as const)
      expect(await errorOf(save('half', wrong))).toMatchObject({
        details: [{ path: 'text', message: `has an unknown placeholder: ${name}` }],
      });
  });

  it('that two people change at once is changed by one, and the other is shown what it says now', async () => {
    const { team, lead, save, list } = await createBusiness();
    const saved = await save('hello');
    const seen = { savedReplyId: saved.id, expectedVersion: saved.version };
    const texts = ['one', 'two', 'three'];
    const errors = await Promise.all(
      texts.map((text) => errorOf(team.execute('saved-reply:update', { ...seen, text }, lead))),
    );
    const [now] = await list();
    expect(texts).toContain(now?.text);
    expect(now?.version).toBe(2);
    expect(errors.filter((error) => error === null)).toHaveLength(1);
    for (const error of errors.filter((one) => one !== null))
      expect(error).toMatchObject({ code: 'conflict', details: { savedReply: now } });
    expect(await errorOf(team.execute('saved-reply:remove', seen, lead))).toMatchObject({
      code: 'conflict',
      details: { savedReply: now },
    });
    await team.execute('saved-reply:remove', { savedReplyId: saved.id, expectedVersion: 2 }, lead);
    expect(await codeOf(team.execute('saved-reply:update', { savedReplyId: saved.id, text: 'four' }, lead))).toBe(
      'not_found',
    );
    expect(await codeOf(team.execute('saved-reply:remove', { savedReplyId: saved.id }, lead))).toBe('not_found');
  });

  it('is saved once, whatever is repeated, and saving what it says already tells nobody', async () => {
    const { team, lead, list } = await createBusiness();
    const head = await headOf(team);
    const input: CommandInput<'saved-reply:create'> = { shortcut: 'a', text: 'Hello', commandId: newCommandId() };
    const first = (await team.execute('saved-reply:create', input, lead)).data;
    expect((await team.execute('saved-reply:create', input, lead)).data).toEqual(first);
    const same = { savedReplyId: first.savedReply.id, shortcut: 'A', text: ' Hello ', expectedVersion: 1 };
    expect((await team.execute('saved-reply:update', same, lead)).data).toEqual(first);
    expect((await eventsAfter(team, head)).map(({ type }) => type)).toEqual(['saved-reply.updated']);
    expect(await list()).toEqual([first.savedReply]);
  });

  it('does not come on top of as many as there may be, however many are saved at once', async () => {
    const { team, lead, save, list } = await createBusiness();
    await db.database.run(
      'test.fill',
      (sql) => sql`
        insert into saved_replies (tenant_id, shortcut, text, updated_by)
        select ${team.tenantId}, 'reply-' || n, 'Hello', ${lead.memberId} from generate_series(1, ${MOST_SAVED_REPLIES - 1}) n`,
    );
    const outcomes = await Promise.all(['one', 'two', 'three'].map((shortcut) => codeOf(save(shortcut))));
    expect(outcomes.sort()).toEqual(['conflict', 'conflict', 'ok']);
    expect(await list()).toHaveLength(MOST_SAVED_REPLIES);
  });

  it('has room beside the others, whose texts together stay small enough for a snapshot', async () => {
    const { team, lead, save, list } = await createBusiness();
    // Counted as it is sent: in UTF-8, with quotes and escapes.
    const [fillers, lines] = [65, '\n'.repeat(2000)];
    const left = MAX_SAVED_REPLY_BYTES - fillers * Buffer.byteLength(JSON.stringify(lines));
    await db.database.run(
      'test.fill',
      (sql) => sql`
        insert into saved_replies (tenant_id, shortcut, text, updated_by)
        select ${team.tenantId}, 'reply-' || n, ${lines}, ${lead.memberId} from generate_series(1, ${fillers}::int) n`,
    );
    const exact = '漢'.repeat(Math.floor((left - 2) / 3));
    const fitting = await save('exact', exact);
    const words: unknown = expect.stringContaining('256 KB');
    expect(await errorOf(save('more', 'xxx'))).toMatchObject({ code: 'conflict', message: words });
    const change = (part: { text?: string; shortcut?: string }): Promise<string> =>
      codeOf(team.execute('saved-reply:update', { savedReplyId: fitting.id, ...part }, lead));
    expect(await change({ text: `${exact}xxx` })).toBe('conflict');
    expect(await change({ shortcut: 'renamed' })).toBe('ok');
    expect(await change({ text: 'short' })).toBe('ok');
    await save('more', 'xxx');
    expect(await list()).toHaveLength(fillers + 2);
  });

  it('is not in the audit log, which knows who did what to it', async () => {
    const { team, lead, save } = await createBusiness();
    const { id: savedReplyId } = await save('walrus', 'walrus');
    await team.execute('saved-reply:update', { savedReplyId, text: 'walrus walrus' }, lead);
    await team.execute('saved-reply:remove', { savedReplyId }, lead);
    const rows = await db.database.run(
      'test.audit',
      (sql) => sql<{ line: string; actor: string; all: string }[]>`
        select a.action || ' ' || a.subject_id as line, a.actor_id::text as actor, to_jsonb(a)::text as all
        from audit_log a where a.tenant_id = ${team.tenantId} order by a.at, a.id`,
    );
    expect(rows.map(({ line }) => line)).toEqual(
      ['added', 'changed', 'removed'].map((what) => `saved_reply.${what} ${savedReplyId}`),
    );
    expect(rows.every(({ actor }) => actor === lead.memberId)).toBe(true);
    expect(rows.map(({ all }) => all).join()).not.toContain('walrus');
  });

  it('belongs to its business alone: nobody else’s statement, list, change or event has anything of it', async () => {
    const [ours, theirs] = [await createBusiness(), await createBusiness()];
    const saved = await ours.save('ours');
    await theirs.save('theirs');
    const tenants = async (tenantId: Team['tenantId']): Promise<string[]> =>
      db.database.asTenant(tenantId, 'test', async (tx) => {
        const rows = await tx<{ tenantId: string }[]>`
          select tenant_id as "tenantId" from saved_replies union select tenant_id from saved_reply_entities`;
        return rows.map((row) => row.tenantId);
      });
    expect(await tenants(theirs.team.tenantId)).toEqual([theirs.team.tenantId]);
    expect((await theirs.list()).map(({ shortcut }) => shortcut)).toEqual(['theirs']);
    const { lead } = theirs;
    const change = { savedReplyId: saved.id, text: 'mine' };
    expect(await codeOf(theirs.team.execute('saved-reply:update', change, lead))).toBe('not_found');
    expect(await codeOf(theirs.team.execute('saved-reply:remove', { savedReplyId: saved.id }, lead))).toBe('not_found');
    const smuggled = db.database.asTenant(
      theirs.team.tenantId,
      'test',
      (tx) => tx`
        insert into saved_replies (tenant_id, shortcut, text, updated_by)
        values (${ours.team.tenantId}, 'x', 'x', ${lead.memberId})`,
    );
    await expect(smuggled).rejects.toMatchObject({ code: '42501' });
    expect(await ours.list()).toEqual([saved]);
  });
});

it('an old snapshot plus the events since equals a fresh snapshot, also to who sees no conversation', async () => {
  const business = await createBusiness();
  const { team, lead, save } = business;
  const [kept, removed] = [await save('kept'), await save('removed')];
  for (const role of ROLES) {
    const by = await team.member(role);
    const old = await inboxOf(business, by);
    await save(`by-${role}`);
    await team.execute('saved-reply:update', { savedReplyId: kept.id, text: uuid7() }, lead);
    const passing = await save('passing');
    await team.execute('saved-reply:remove', { savedReplyId: passing.id }, lead);
    if (role === 'agent') await team.execute('saved-reply:remove', { savedReplyId: removed.id }, lead);
    const from = old.cursor!;
    const logged = await eventsAfter(team, from.seq);
    const view = viewOf(abilityFor({ memberId: by.memberId, role, agentVisibility: 'own' }));
    const events = logged.flatMap((event) => toClient(event, judge(event, view), () => undefined) ?? []);
    const to = logged.at(-1)!.seq;
    const result = applyFrame(old, { from: from.seq, to, epoch: from.epoch, events });
    const fresh = await inboxOf(business, by);
    expect(result).toMatchObject({ kind: 'applied', state: { cursor: fresh.cursor } });
    const caught = result.kind === 'applied' ? result.state.savedReplies : null;
    expect(new Map([...(caught ?? [])].sort())).toEqual(new Map([...fresh.savedReplies].sort()));
  }
});
