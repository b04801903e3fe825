/** Makes the compiler name every switch that a new case leaves incomplete. */

/** Call in the branch that cannot happen. Throws when it does, naming `what` was being decided but not the value. */
export function assertNever(value: never, what: string): never {
  throw new Error(`Unexpected ${what} (a ${typeof value}): a case is missing.`);
}
