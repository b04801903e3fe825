import { describe, expect, it } from 'vitest';
import { binding, missing } from './subset.ts';

describe('the comparison that the corpus rests on', () => {
  it('lets more through, and nothing less', () => {
    expect(missing({ a: 1, b: { c: null, d: 2 } }, { b: { c: null } })).toEqual([]);
    expect(missing({ a: 1 }, { a: 2 })).toHaveLength(1);
    expect(missing({}, { a: null })).toHaveLength(1);
    expect(missing({ a: [1, 2] }, { a: [1] })).toHaveLength(1);
    expect(missing({ a: [{ b: 1 }] }, { a: [{ b: 2 }] })).toHaveLength(1);
    expect(missing({ a: 'x' }, { a: { b: 1 } })).toHaveLength(1);
  });

  it('leaves out notes and recommendations, and the reason only of ignored events', () => {
    expect(binding({ kind: 'ignored', reason: 'x', note: 'n' })).toEqual({ kind: 'ignored' });
    expect(binding({ kind: 'account', reason: 'x', hint: 'h' })).toEqual({ kind: 'account', reason: 'x' });
  });
});
