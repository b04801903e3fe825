import { describe, expect, test } from 'vitest';
import type { AgentVisibility, Role } from '../../src/contract/entities.ts';
import type { ThreadId } from '../../src/contract/ids.ts';
import type { LogEvent } from '../../src/contract/jobs.ts';
import { judge, judgeReplay, toClient, viewOf, visibleThreads } from '../../src/inbox/audience.ts';
import { abilityFor, canSeeThread } from '../../src/inbox/team/ability.ts';
import { changedGrant, grantChange, type LiveGrant } from '../../src/inbox/team/live-member.ts';

const ME = 'me';
const VISIBILITIES: readonly AgentVisibility[] = ['own', 'own_and_unassigned', 'all'];
const ROLES: readonly Role[] = ['super_admin', 'tenant_admin', 'manager', 'agent'];

const ability = (role: Role, agentVisibility: AgentVisibility): ReturnType<typeof abilityFor> =>
  abilityFor({ memberId: ME, role, agentVisibility });

let seq = 0;
function event(over: Partial<LogEvent> = {}): LogEvent {
  seq += 1;
  return {
    seq,
    at: '2026-01-01T00:00:00.000Z',
    type: 'thread.updated',
    threadId: 't' as ThreadId,
    assigneeBefore: null,
    assigneeAfter: null,
    created: false,
    receivedAtMs: null,
    data: { thread: {} },
    ...over,
  };
}
const moved = (before: string | null, after: string | null, over: Partial<LogEvent> = {}): LogEvent =>
  event({ assigneeBefore: before, assigneeAfter: after, ...over });

describe('the audience', () => {
  test('sees exactly what the ability lets it see', () => {
    for (const role of ROLES) {
      for (const visibility of VISIBILITIES) {
        for (const assignee of [null, ME, 'other']) {
          const rules = ability(role, visibility);
          expect(viewOf(rules)(assignee)).toBe(canSeeThread(rules, assignee));
        }
      }
    }
  });

  test('gets what comes into view, a tombstone for what leaves it, nothing of the rest', () => {
    const own = viewOf(ability('agent', 'own'));
    expect(judge(moved(null, ME), own)).toBe('deliver');
    expect(judge(moved(ME, ME), own)).toBe('deliver');
    expect(judge(moved(ME, 'other'), own)).toBe('tombstone');
    expect(judge(moved('other', null), own)).toBe('hide');
    expect(judge(moved(null, null, { type: 'note.created' }), own)).toBe('hide');
    expect(judge(moved(ME, 'other', { created: true }), own)).toBe('hide');
  });

  test('of the team is everybody; of the tenant, and of what is not known here, nobody', () => {
    const nothing = viewOf(ability('super_admin', 'all'));
    const all = viewOf(ability('manager', 'own'));
    const team = { threadId: null, data: {} };
    expect(judge(event({ ...team, type: 'member.updated' }), nothing)).toBe('deliver');
    expect(judge(event({ ...team, type: 'account.updated' }), nothing)).toBe('deliver');
    expect(judge(moved(null, null), nothing)).toBe('hide');
    expect(judge(event({ ...team, type: 'tenant.updated' }), all)).toBe('hide');
    expect(judge(event({ type: 'thread.invented' }), all)).toBe('hide');
  });
});

describe('a replay', () => {
  const own = viewOf(ability('agent', 'own'));

  test('shows the past of a thread that may be seen now, and one tombstone of one that may not', () => {
    const past = [moved('other', 'other'), moved('other', ME), moved(ME, ME)];
    expect(judgeReplay(past, own, new Map([['t', ME]]))).toEqual(['deliver', 'deliver', 'deliver']);
    const lost = [moved(ME, ME), moved(ME, 'other'), moved('other', ME), moved(ME, 'other')];
    expect(judgeReplay(lost, own, new Map())).toEqual(['tombstone', 'hide', 'hide', 'hide']);
    const never = [moved('other', 'other'), moved('other', null)];
    expect(judgeReplay(never, own, new Map())).toEqual(['hide', 'hide']);
  });

  const removal = (before: string | null, reason = 'merged'): LogEvent =>
    moved(before, null, { type: 'thread.removed', data: { threadId: 't', reason } });

  test('of a thread that is gone is its removal, once, for who knew it', () => {
    expect(judgeReplay([removal(ME)], own, new Map())).toEqual(['deliver']);
    expect(judgeReplay([moved(ME, ME), removal(ME)], own, new Map())).toEqual(['hide', 'deliver']);
    expect(judgeReplay([moved('other', 'other'), removal('other')], own, new Map())).toEqual(['hide', 'hide']);
    const lostBefore = [moved(ME, ME), moved(ME, 'other'), removal('other')];
    expect(judgeReplay(lostBefore, own, new Map())).toEqual(['hide', 'hide', 'deliver']);
    expect(judge(removal(ME), own)).toBe('deliver');
    expect(judge(removal('other'), own)).toBe('hide');
  });

  test('of a thread that is there anew has nothing from before: it may be of somebody who was erased', () => {
    const back = (): LogEvent => moved(null, ME, { type: 'thread.created', created: true });
    const there = new Map([['t', ME]]);
    expect(judgeReplay([moved(ME, ME), removal(ME), back()], own, there)).toEqual(['hide', 'deliver', 'deliver']);
    const twice = [removal(ME), back(), moved(ME, ME), removal(ME), back()];
    expect(judgeReplay(twice, own, there)).toEqual(['hide', 'hide', 'hide', 'deliver', 'deliver']);
    const lostAgain = [moved(ME, ME), removal(ME), back(), moved(ME, 'other')];
    expect(judgeReplay(lostAgain, own, new Map())).toEqual(['hide', 'deliver', 'hide', 'hide']);
  });

  test('of a thread that is gone by now has nothing, though its removal is not in the range; unless nobody looked', () => {
    expect(judgeReplay([moved(ME, ME)], own, new Map())).toEqual(['tombstone']);
    expect(judgeReplay([moved(ME, ME)], own, null)).toEqual(['deliver']);
  });

  test('believes the present assignee over the range, and only towards less', () => {
    const range = [moved(ME, ME)];
    expect(visibleThreads(range, own)).toEqual(['t']);
    expect(judgeReplay(range, own, new Map([['t', 'other']]))).toEqual(['tombstone']);
    expect(judgeReplay([moved('other', 'other')], own, new Map([['t', ME]]))).toEqual(['hide']);
  });
});

describe('the public shape', () => {
  test('of a member has the live state and no internal field', () => {
    const data = { member: { id: 'm', state: 'offline' }, version: 3, removed: false };
    const shown = toClient(event({ type: 'member.updated', threadId: null, data }), 'deliver', () => 'busy');
    expect(shown?.data).toEqual({ member: { id: 'm', state: 'busy' } });
    expect(Object.keys(shown ?? {}).sort()).toEqual(['at', 'data', 'seq', 'type']);
  });

  test('of a member says so when they are no longer of the team', () => {
    const data = { member: { id: 'm', state: 'offline' }, version: 4, removed: true };
    const shown = toClient(event({ type: 'member.updated', threadId: null, data }), 'deliver', () => undefined);
    expect(shown?.data).toEqual({ member: { id: 'm', state: 'offline' }, removed: true });
  });

  test('of a tombstone has the thread and nothing of its content', () => {
    const shown = toClient(moved(ME, 'other'), 'tombstone', () => undefined);
    expect(shown).toMatchObject({ type: 'thread.removed', data: { threadId: 't', reason: 'assigned_away' } });
    expect(toClient(event(), 'hide', () => undefined)).toBeNull();
  });
});

describe('a change of rights', () => {
  const grant: LiveGrant = { memberId: ME as LiveGrant['memberId'], role: 'agent', agentVisibility: 'own', version: 2 };
  const member = (version: number, removed = false): LogEvent =>
    event({
      type: 'member.updated',
      threadId: null,
      data: { member: { id: ME, role: 'manager' }, version, removed },
    });
  const apply = (log: LogEvent): LiveGrant | null => {
    const change = grantChange(log);
    return change === null ? grant : changedGrant(grant, change);
  };

  test('is one with a higher version or another visibility; anything else leaves the grant as it is', () => {
    expect(apply(member(3))).toMatchObject({ role: 'manager', version: 3 });
    expect(apply(member(3, true))).toBeNull();
    expect(apply(member(2))).toBe(grant);
    expect(apply(member(1, true))).toBe(grant);
    expect(apply(moved(null, ME))).toBe(grant);
    const tenant = (agentVisibility: string): LogEvent =>
      event({ type: 'tenant.updated', threadId: null, data: { agentVisibility } });
    expect(apply(tenant('all'))).toMatchObject({ agentVisibility: 'all', version: 2 });
    expect(apply(tenant('own'))).toBe(grant);
  });
});
