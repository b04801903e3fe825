/** SQL fragments, for statements whose conditions are known only at run time. */
import type { Tx } from '../platform/postgres.ts';

/** A condition that is always true; its inferred type is that of any fragment. */
const always = (tx: Tx) => tx`true`;

/** A part of a statement, built with the transaction's own tag; not sent by itself. */
export type Fragment = ReturnType<typeof always>;

/** `a and b and c`, or `true` for no conditions. */
export function allOf(tx: Tx, conditions: readonly Fragment[]): Fragment {
  const [first, ...rest] = conditions;
  if (first === undefined) return always(tx);
  return rest.reduce<Fragment>((joined, condition) => tx`${joined} and ${condition}`, first);
}

/** `(a or b)`, or `false` for no conditions. */
export function anyOf(tx: Tx, conditions: readonly Fragment[]): Fragment {
  const [first, ...rest] = conditions;
  if (first === undefined) return tx`false`;
  return tx`(${rest.reduce<Fragment>((joined, condition) => tx`${joined} or ${condition}`, first)})`;
}
