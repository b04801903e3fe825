import { describe, expect, it } from 'vitest';
import { Rounds, type RoundsOptions } from '../../src/lib/rounds.ts';
import { waitFor } from '../support/wait.ts';

interface Item {
  readonly group: string;
  readonly keys: readonly string[];
  readonly n: number;
}

/** Rounds whose work ends when the test says so. */
function stage(over: Partial<RoundsOptions<Item>> = {}) {
  const played: { readonly items: readonly Item[]; readonly end: (left?: readonly Item[]) => void }[] = [];
  const alone: { readonly item: Item; readonly end: () => void }[] = [];
  const rounds = new Rounds<Item>({
    ...{
      roundsAtOnce: 1,
      perRound: 3,
      patienceMs: 60_000,
      mostWaiting: 100,
      groupOf: ({ group }) => group,
      keysOf: ({ keys }) => keys,
    },
    together: (items) =>
      new Promise((resolve) => {
        played.push({ items, end: (left = []) => resolve(left) });
      }),
    alone: (item) =>
      new Promise((resolve) => {
        alone.push({ item, end: resolve });
      }),
    ...over,
  });
  const becomes = async (expected: number[][]): Promise<void> => {
    await waitFor(() => played.length >= expected.length, { what: 'the next round' });
    expect(played.map(({ items }) => items.map(({ n }) => n))).toEqual(expected);
  };
  return { rounds, played, alone, becomes };
}

const item = (n: number, group = 'g', ...keys: string[]): Item => ({
  ...{ n, group },
  keys: keys.length > 0 ? keys : [`k${String(n)}`],
});

describe('rounds', () => {
  it('take what came in one turn together, and what comes meanwhile next', async () => {
    const { rounds, played, becomes } = stage();
    for (const n of [1, 2]) rounds.add(item(n));
    await becomes([[1, 2]]);
    for (const n of [3, 4, 5, 6]) rounds.add(item(n));
    played[0]!.end();
    await becomes([
      [1, 2],
      [3, 4, 5],
    ]);
    played[1]!.end();
    await becomes([[1, 2], [3, 4, 5], [6]]);
  });

  it('serve groups in turn: who brings many waits behind who brings one', async () => {
    const { rounds, becomes } = stage({ perRound: 4 });
    for (const n of [1, 2, 3, 4, 5]) rounds.add(item(n, 'noisy'));
    rounds.add(item(6, 'quiet'));
    rounds.add(item(7, 'other'));
    await becomes([[1, 6, 7, 2]]);
  });

  it('begin beside another only when three quarters of one wait', async () => {
    const { rounds, played, becomes } = stage({ roundsAtOnce: 2, perRound: 4 });
    rounds.add(item(1));
    await becomes([[1]]);
    for (const n of [2, 3]) rounds.add(item(n));
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    await becomes([[1]]);
    rounds.add(item(4));
    await becomes([[1], [2, 3, 4]]);
    rounds.add(item(5));
    played[0]!.end();
    played[1]!.end();
    await becomes([[1], [2, 3, 4], [5]]);
  });

  it('begin beside one that takes long, however few wait', async () => {
    const { rounds, becomes } = stage({ roundsAtOnce: 2, perRound: 4, patienceMs: 5 });
    rounds.add(item(1));
    await becomes([[1]]);
    rounds.add(item(2));
    await becomes([[1], [2]]);
  });

  it('are as many at once as allowed', async () => {
    const { rounds, becomes } = stage({ roundsAtOnce: 2, perRound: 1 });
    for (const n of [1, 2, 3]) rounds.add(item(n));
    await becomes([[1], [2]]);
  });

  it('never have two of one key under way, and keep their order', async () => {
    const { rounds, played, becomes } = stage({ roundsAtOnce: 2, perRound: 2 });
    for (const n of [1, 2]) rounds.add(item(n, 'g', 'same'));
    rounds.add(item(3));
    await becomes([[1, 3]]);
    rounds.add(item(4));
    await becomes([[1, 3], [4]]);
    played[0]!.end();
    rounds.add(item(5));
    await becomes([[1, 3], [4], [2, 5]]);
  });

  it('never have two under way that share any key', async () => {
    const { rounds, played, becomes } = stage({ roundsAtOnce: 2, perRound: 2 });
    rounds.add(item(1, 'g', 'a', 'b'));
    rounds.add(item(2, 'g', 'b', 'c'));
    rounds.add(item(3, 'g', 'c'));
    await becomes([[1, 3]]);
    played[0]!.end();
    await becomes([[1, 3], [2]]);
  });

  it('turn away the newest of the group that has most, when too many wait', async () => {
    const { rounds, becomes } = stage({ mostWaiting: 3 });
    expect([1, 2, 3].map((n) => rounds.add(item(n, 'noisy')))).toEqual([null, null, null]);
    expect(rounds.add(item(4, 'noisy'))).toMatchObject({ n: 4 });
    expect(rounds.add(item(5, 'quiet'))).toMatchObject({ n: 3 });
    expect(rounds.add(item(6, 'other'))).toMatchObject({ n: 2 });
    expect(rounds.add(item(7, 'last'))).toMatchObject({ n: 7 });
    await becomes([[1, 5, 6]]);
  });

  it('leave to itself what could not go together; its key waits for it and no round does', async () => {
    const { rounds, played, alone, becomes } = stage();
    const held = item(1, 'g', 'same');
    rounds.add(held);
    await becomes([[1]]);
    rounds.add(item(2, 'g', 'same'));
    rounds.add(item(3));
    played[0]!.end([held]);
    await becomes([[1], [3]]);
    played[1]!.end();
    expect(alone.map(({ item: { n } }) => n)).toEqual([1]);
    alone[0]!.end();
    await becomes([[1], [3], [2]]);
  });
});
