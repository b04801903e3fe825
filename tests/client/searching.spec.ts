import { describe, expect, it } from 'vitest';
import {
  DEFAULT_VIEW,
  EVERYWHERE,
  filterOf,
  matchesLocally,
  scopeFrom,
  threadsFound,
  type Scope,
} from '../../client/src/state/selectors.ts';
import { aThread, id, inboxOf, ME } from './example.ts';

describe('a search', () => {
  const joao = aThread(1, { contact: { ...aThread(1).contact, displayName: 'João Silva', phone: '+351912345678' } });

  it('matches names without accents, and numbers by their digits', () => {
    expect(matchesLocally(joao, 'joao')).toBe(true);
    expect(matchesLocally(joao, '912 345')).toBe(true);
    expect(matchesLocally(joao, 'ana')).toBe(false);
  });

  it('adds what the server found by text', () => {
    const search = { query: 'box', scope: EVERYWHERE, ids: new Set<string>([id('t', 2)]) };
    expect(threadsFound(inboxOf(1, [joao, aThread(2)]), search)).toEqual([id('t', 2)]);
  });

  it('looks everywhere, or where it is narrowed to, among what we know and what the server found', () => {
    const mine = { ...joao, assigneeId: ME as never };
    const inbox = inboxOf(1, [mine, { ...joao, id: id('t', 2), status: 'resolved' }, aThread(3, { tags: ['vip'] })]);
    const found = (scope: Partial<Scope>): readonly string[] =>
      threadsFound(inbox, { query: 'joao', scope: { ...EVERYWHERE, ...scope }, ids: new Set<string>([id('t', 3)]) });
    expect([...found({})].sort()).toEqual([id('t', 1), id('t', 2), id('t', 3)]);
    expect(found({ folder: 'mine' })).toEqual([id('t', 1)]);
    expect(found({ status: 'resolved' })).toEqual([id('t', 2)]);
    expect(found({ tag: 'vip' })).toEqual([id('t', 3)]);
    expect(filterOf(EVERYWHERE)).toEqual({});
    expect(filterOf({ ...EVERYWHERE, folder: 'unassigned', status: 'active' })).toEqual({
      assignee: 'none',
      status: 'active',
    });
  });

  it('begins with what narrows the list, whosever list it is', () => {
    expect(scopeFrom({ ...DEFAULT_VIEW, folder: 'mine' })).toEqual(EVERYWHERE);
    expect(scopeFrom({ ...DEFAULT_VIEW, status: 'snoozed', tag: 'vip' })).toEqual({
      ...EVERYWHERE,
      status: 'snoozed',
      tag: 'vip',
    });
  });
});
