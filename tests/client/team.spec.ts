/** What a lead's screen reads out of the state. */
import { describe, expect, it } from 'vitest';
import type { Member, PresenceState } from '../../src/contract/entities.ts';
import { spanOf } from '../../client/src/components/format.ts';
import { shownScreen } from '../../client/src/state/role.ts';
import { INITIAL_APP, type AppState } from '../../client/src/state/store.ts';
import {
  attentionByMember,
  heaviestLoad,
  presenceOf,
  presentCount,
  presentSince,
  teamByState,
} from '../../client/src/state/team.ts';
import { applyPresence, applyViewing, NOBODY } from '../../client/src/sync/volatile.ts';
import { aMember, at, COLLEAGUE, id, inboxOf, ME } from './example.ts';

const member = (number: number, over: Partial<Member>): Member => ({
  ...aMember(id('p', number)),
  state: 'offline',
  ...over,
});

/** A team whose presence was heard of. */
function teamOf(members: readonly Member[], presence: readonly (readonly [number, PresenceState])[] = []): AppState {
  const heard = presence.map(([number, state]) => ({
    memberId: id('p', number),
    state,
    activeThreads: 0,
    since: at(number),
  }));
  const inbox = { ...inboxOf(1, []), members: new Map(members.map((one) => [one.id as string, one])) };
  return {
    ...INITIAL_APP,
    machine: { ...INITIAL_APP.machine, inbox },
    volatile: applyPresence(NOBODY, { members: heard, full: true }),
  };
}

describe('the team', () => {
  const team = teamOf(
    [
      member(1, { displayName: 'Zoe', activeThreads: 2 }),
      member(2, { displayName: 'Bea', activeThreads: 9 }),
      member(3, { displayName: 'Abe', activeThreads: 2 }),
      member(4, { displayName: 'Cid', activeThreads: 7 }),
      member(5, { displayName: 'Dan', activeThreads: 1 }),
    ],
    [
      [1, 'online'],
      [3, 'online'],
      [4, 'away'],
      [5, 'busy'],
    ],
  );

  it('stands by state, then the busiest first, then by name', () => {
    expect(teamByState(team)).toEqual([3, 1, 5, 4, 2].map((number) => id('p', number)));
  });

  it('is here in any state but offline', () => {
    expect(presentCount(team)).toBe(4);
    expect([presenceOf(team, id('p', 5)), presentSince(team, id('p', 5))]).toEqual(['busy', at(5)]);
    expect([presenceOf(team, id('p', 2)), presentSince(team, id('p', 2))]).toEqual(['offline', null]);
  });

  it('has somebody who carries most, unless it is nobody', () => {
    expect(heaviestLoad(team)).toBe(9);
    expect(heaviestLoad(teamOf([]))).toBe(0);
  });
});

describe('what a colleague has open', () => {
  it('is what they reply to first, then what they opened last', () => {
    const viewer = (memberId: string, state: 'viewing' | 'replying', minutes: number) =>
      ({ memberId: memberId as Member['id'], state, since: at(minutes) }) as const;
    const threads = [
      [1, [viewer(ME, 'viewing', 5), viewer(COLLEAGUE, 'viewing', 1)]],
      [2, [viewer(ME, 'replying', 1)]],
      [3, [viewer(ME, 'viewing', 9)]],
    ] as const;
    const state = threads.reduce(
      (known, [number, members]) => applyViewing(known, { threadId: id('t', number), members: [...members] }),
      NOBODY,
    );
    const found = attentionByMember(state.viewing);
    expect(found.get(ME)?.map(({ threadId }) => threadId)).toEqual([id('t', 2), id('t', 3), id('t', 1)]);
    expect(found.get(COLLEAGUE)).toEqual([{ threadId: id('t', 1), state: 'viewing', since: at(1) }]);
    const left = applyViewing(state, { threadId: id('t', 1), members: [] });
    expect(attentionByMember(left.viewing).has(COLLEAGUE)).toBe(false);
  });
});

describe('a screen', () => {
  const asRole = (role: Member['role'], screen: AppState['ui']['screen']) => {
    const me = member(1, { role });
    const state = teamOf([me]);
    return shownScreen({ ...state, me: { member: me } as AppState['me'], ui: { ...state.ui, screen } });
  };

  it('is there for who may see it; anybody else is in the inbox', () => {
    expect((['tenant_admin', 'manager', 'agent'] as const).map((role) => asRole(role, 'team'))).toEqual([
      ...['team', 'team', 'inbox'],
    ]);
    expect((['tenant_admin', 'manager', 'agent'] as const).map((role) => asRole(role, 'numbers'))).toEqual([
      ...['numbers', 'inbox', 'inbox'],
    ]);
  });
});

it('a wait is told in seconds, minutes, hours, and days from the second on', () => {
  const hour = 3_600_000;
  expect([-1, 40_000, 12 * 60_000, 1.2 * hour, 47.5 * hour, 76 * hour].map(spanOf)).toEqual([
    ...['0 s', '40 s', '12 min', '1 h 12 min', '47 h 30 min', '3 d 4 h'],
  ]);
});
