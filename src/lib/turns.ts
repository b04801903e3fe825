/** A queue in groups that are served in turn, so that a group with many items does not keep the others waiting. */

/** Does not bound itself: its user does, with `turnAway`. */
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

  /**
   * Removes the newest item of the group with the most; of `group`, if no other has more. Undefined when nothing waits.
   */
  turnAway(group: string): T | undefined {
    let [most, longest] = [group, this.#queues.get(group)?.length ?? 0];
    for (const [other, { length }] of this.#queues) if (length > longest) [most, longest] = [other, length];
    const newest = this.#queues.get(most)?.at(-1);
    if (newest !== undefined) this.remove(most, newest);
    return newest;
  }

  /** Does nothing if the item is not waiting. */
  remove(group: string, item: T): void {
    const queue = this.#queues.get(group) ?? [];
    const at = queue.lastIndexOf(item);
    if (at < 0) return;
    queue.splice(at, 1);
    if (queue.length === 0) this.#queues.delete(group);
    this.#size -= 1;
  }

  /**
   * Takes up to `most` items: from one group after the other the first item that may go, round after round. An item for
   * which `mayGo` returns true is taken.
   */
  take(most: number, mayGo: (item: T) => boolean): T[] {
    return this.#serve(most, (queue) => queue.findIndex(mayGo));
  }

  /**
   * Like `take` for groups of which all or none may go: only checks each group's first item, however many wait behind
   * it.
   */
  takeFirsts(most: number, mayGo: (first: T) => boolean): T[] {
    return this.#serve(most, ([first]) => (first !== undefined && mayGo(first) ? 0 : -1));
  }

  /** `choose`: the position of the next item in a group's queue; -1 for none. */
  #serve(most: number, choose: (queue: readonly T[]) => number): T[] {
    const taken: T[] = [];
    const passed = new Set<string>();
    for (const [group, queue] of this.#queues) {
      if (taken.length === most) break;
      if (passed.has(group)) continue;
      const at = choose(queue);
      const [item] = at < 0 ? [] : queue.splice(at, 1);
      this.#queues.delete(group);
      // Back of the queue.
      if (queue.length > 0) this.#queues.set(group, queue);
      if (item === undefined) passed.add(group);
      else taken.push(item);
    }
    this.#size -= taken.length;
    return taken;
  }
}
