/** What a carrier does wrong on demand: in its API and with its webhooks. */

/**
 * API modes decide the response to a send; `upload-fails` decides the response to an upload. An `undelivered` send is
 * accepted and later reported as failed. `HOOK_MODES` decide how webhooks arrive.
 */
const SEND_MODES = [
  '429',
  '500-after-accept',
  'timeout-after-accept',
  'reset-before-accept',
  'refused',
  'undelivered',
] as const;
/** All API modes: those of sends, and `upload-fails`. */
export const API_MODES = [...SEND_MODES, 'upload-fails'] as const;
/** Modes that decide how webhooks arrive. */
export const HOOK_MODES = ['duplicates', 'reorder', 'delay', 'lose'] as const;

/** One thing to do wrong with a send. */
export type SendMode = (typeof SEND_MODES)[number];
/** One thing to do wrong with a call of the API. */
export type ApiMode = (typeof API_MODES)[number];
/** One thing to do wrong with a webhook. */
export type HookMode = (typeof HOOK_MODES)[number];

interface Order {
  readonly mode: ApiMode | HookMode;
  left: number;
}

const EVERYWHERE = '*';

/** The current orders: one per channel, and one for all channels. An order ends after `count` uses. */
export class Misbehaviour {
  readonly #orders = new Map<string, Order>();

  /**
   * `none` ends the order. Without `count` the order stays until it is changed; without `channel` it applies to all.
   */
  set(mode: ApiMode | HookMode | 'none', count?: number, channel?: string): void {
    const place = channel ?? EVERYWHERE;
    if (mode === 'none') this.#orders.delete(place);
    else this.#orders.set(place, { mode, left: count ?? Number.POSITIVE_INFINITY });
  }

  /** Uses up one order for a send; null when there is none. */
  forCall(channel: string): SendMode | null {
    return this.#take(channel, SEND_MODES);
  }

  /** Uses up one order for an upload; true when the upload must fail. */
  forUpload(channel: string): boolean {
    return this.#take(channel, ['upload-fails']) !== null;
  }

  /** Uses up one order for a webhook; null when there is none. */
  forHook(channel: string): HookMode | null {
    return this.#take(channel, HOOK_MODES);
  }

  #take<M extends ApiMode | HookMode>(channel: string, modes: readonly M[]): M | null {
    for (const place of [channel, EVERYWHERE]) {
      const order = this.#orders.get(place);
      const mode = modes.find((one) => one === order?.mode);
      if (order === undefined || mode === undefined) continue;
      if (--order.left <= 0) this.#orders.delete(place);
      return mode;
    }
    return null;
  }

  /** The current modes, by channel (`*` = all). */
  get standing(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#orders].map(([place, { mode }]) => [place, mode]));
  }

  clear(): void {
    this.#orders.clear();
  }
}
