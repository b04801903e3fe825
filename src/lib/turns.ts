/** Those that wait, in groups that are served in turn: who brings many does not keep the others waiting. */

/** Bounded by its user, by means of turnAway. */
export class Turns<T> {
  readonly #queues = new Map<string, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(group: string, item: T): void {
    const queue = this.#queues.get(group) ?? [];
    queue.push(item);
    this.#queues.set(group, queue);
    this.#size += 1;
  }

  /** Takes out the newest of the group that has most; of `group`, where no other has more. Undefined when nobody waits. */
  turnAway(group: string): T | undefined {
    let [most, longest] = [group, this.#queues.get(group)?.length ?? 0];
    for (const [other, { length }] of this.#queues) if (length > longest) [most, longest] = [other, length];
    const newest = this.#queues.get(most)?.at(-1);
    if (newest !== undefined) this.remove(most, newest);
    return newest;
  }

  /** Does nothing when it does not wait. */
  remove(group: string, item: T): void {
    const queue = this.#queues.get(group) ?? [];
    const at = queue.lastIndexOf(item);
    if (at < 0) return;
    queue.splice(at, 1);
    if (queue.length === 0) this.#queues.delete(group);
    this.#size -= 1;
  }

  /**
   * Takes up to `most`: of one group after the other the first that may go, as often as there are any. What `mayGo` says
   * yes to is taken.
   */
  take(most: number, mayGo: (item: T) => boolean): T[] {
    return this.#serve(most, (queue) => queue.findIndex(mayGo));
  }

  /** The same where all of a group may go or none: asks for its first only, however many wait behind. */
  takeFirsts(most: number, mayGo: (first: T) => boolean): T[] {
    return this.#serve(most, ([first]) => (first !== undefined && mayGo(first) ? 0 : -1));
  }

  /** `choose`: where in a group's queue the one is whose turn it is; -1 for nobody. */
  #serve(most: number, choose: (queue: readonly T[]) => number): T[] {
    const taken: T[] = [];
    const passed = new Set<string>();
    for (const [group, queue] of this.#queues) {
      if (taken.length === most) break;
      if (passed.has(group)) continue;
      const at = choose(queue);
      const [item] = at < 0 ? [] : queue.splice(at, 1);
      this.#queues.delete(group);
      // Behind the others.
      if (queue.length > 0) this.#queues.set(group, queue);
      if (item === undefined) passed.add(group);
      else taken.push(item);
    }
    this.#size -= taken.length;
    return taken;
  }
}
