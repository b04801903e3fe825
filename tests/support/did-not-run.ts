/** A loud statement that something cannot be tested here. */
import { describe, expect, it } from 'vitest';
import { isCi } from './environment.ts';

/**
 * Takes the place of a suite whose program cannot be had: one test that says so in its title and on the screen; on CI it
 * fails.
 */
export function describeDidNotRun(title: string, missing: string): void {
  describe(title, () => {
    it(`DID NOT RUN: ${missing}`, () => {
      process.stderr.write(`!!! "${title}" DID NOT RUN: ${missing}.\n`);
      expect(isCi(), missing).toBe(false);
    });
  });
}
