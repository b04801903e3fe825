/** Stops waiting for something that may never answer. */

/** The wait was given up. The awaited thing may still happen, so its outcome is unknown. */
export class DeadlineError extends Error {
  readonly code = 'DEADLINE';
  readonly deadlineMs: number;
  constructor(what: string, deadlineMs: number) {
    super(`${what} did not answer within ${String(deadlineMs)} ms; its outcome is unknown.`);
    this.name = 'DeadlineError';
    this.deadlineMs = deadlineMs;
  }
}

/**
 * Settles like `promise`, or rejects with DeadlineError after `ms`. A later rejection of `promise` does not go
 * unhandled.
 */
export async function withDeadline<T>(promise: PromiseLike<T>, ms: number, what: string): Promise<T> {
  return await new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new DeadlineError(what, ms));
    }, ms);
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
