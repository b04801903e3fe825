import { describe, expect, it } from 'vitest';
import { Turns } from '../../src/lib/turns.ts';

const waiting = (...items: string[]): Turns<string> => {
  const turns = new Turns<string>();
  for (const item of items) turns.add(item.charAt(0), item);
  return turns;
};

const anybody = (): boolean => true;

describe('turns', () => {
  it('go to one group after the other, and within one in the order of coming', () => {
    const turns = waiting('a1', 'a2', 'a3', 'b1', 'c1', 'c2');
    expect(turns.take(4, anybody)).toEqual(['a1', 'b1', 'c1', 'a2']);
    expect(turns.size).toBe(2);
    turns.add('d', 'd1');
    expect(turns.take(9, anybody)).toEqual(['c2', 'a3', 'd1']);
    expect(turns.take(9, anybody)).toEqual([]);
  });

  it('pass by who may not go, who keeps waiting', () => {
    const turns = waiting('a1', 'a2', 'b1', 'b2');
    expect(turns.take(9, (item) => item !== 'a1' && item.startsWith('a'))).toEqual(['a2']);
    expect(turns.take(9, anybody).toSorted()).toEqual(['a1', 'b1', 'b2']);
  });

  it('are asked for once in a group where all may go or none, however many wait', () => {
    const turns = waiting(...Array.from({ length: 600 }, (_, n) => `a${String(n)}`), 'b1', 'b2', 'c1');
    const asked: string[] = [];
    const notA = (first: string): boolean => {
      asked.push(first);
      return !first.startsWith('a');
    };
    expect(turns.takeFirsts(9, notA)).toEqual(['b1', 'c1', 'b2']);
    expect(asked).toEqual(['a0', 'b1', 'c1', 'b2']);
    expect(turns.takeFirsts(1, anybody)).toEqual(['a0']);
    expect(turns.size).toBe(599);
  });

  it('turn away the newest of the group that has most, the named one where it has', () => {
    const turns = waiting('a1', 'a2', 'b1', 'b2', 'c1');
    expect(['c', 'b', 'a', 'c', 'b', 'a'].map((group) => turns.turnAway(group))).toEqual([
      'a2',
      'b2',
      'a1',
      'c1',
      'b1',
      undefined,
    ]);
    expect(turns.size).toBe(0);
  });

  it('are not for who has left', () => {
    const turns = waiting('a1', 'a2', 'b1');
    turns.remove('a', 'a1');
    turns.remove('b', 'b1');
    turns.remove('b', 'b1');
    expect(turns.size).toBe(1);
    expect(turns.take(9, anybody)).toEqual(['a2']);
  });
});
