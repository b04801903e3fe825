/** Bounds what one member's runaway programs can take of a node: memory, deliveries, and everybody else's time. */
import { InboxError } from '../contract/errors.ts';
import type { MemberId } from '../contract/ids.ts';

/**
 * One per node. When a member's places are taken, new connections are refused and existing ones stay: otherwise
 * programs that reconnect automatically would keep displacing each other.
 */
export class MemberLimit {
  readonly #most: number;
  readonly #taken = new Map<MemberId, number>();

  /** `most` connections of a member at a time, counting sockets and event streams together. */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Takes a place until the returned function is called; calling it again does nothing. Throws InboxError
   * `rate_limited`.
   */
  take(memberId: MemberId): () => void {
    const taken = this.#taken.get(memberId) ?? 0;
    if (taken >= this.#most) throw tooMany(this.#most);
    this.#taken.set(memberId, taken + 1);
    let held = true;
    return () => {
      if (held) this.#leave(memberId);
      held = false;
    };
  }

  #leave(memberId: MemberId): void {
    const left = (this.#taken.get(memberId) ?? 0) - 1;
    if (left > 0) this.#taken.set(memberId, left);
    else this.#taken.delete(memberId);
  }
}

function tooMany(most: number): InboxError {
  const retryAfterMs = 15_000 + Math.floor(Math.random() * 15_000);
  return new InboxError(
    'rate_limited',
    `You have ${String(most)} connections open, more are not allowed: close some of them.`,
    { retryAfterMs },
  );
}
