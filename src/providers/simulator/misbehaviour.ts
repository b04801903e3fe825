/** What a carrier does wrong on demand: on its API, and with its webhooks. */

/**
 * API modes decide the answer to a send, `upload-fails` the answer to an upload; `undelivered` is accepted, and
 * reported as failed later. HOOK_MODES decide how webhooks arrive.
 */
const SEND_MODES = [
  '429',
  '500-after-accept',
  'timeout-after-accept',
  'reset-before-accept',
  'refused',
  'undelivered',
] as const;
/** All API modes: those of sends, and failing uploads. */
export const API_MODES = [...SEND_MODES, 'upload-fails'] as const;
/** See API_MODES. */
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

/** Standing orders, one per channel and one for all; an order ends after `count` uses. */
export class Misbehaviour {
  readonly #orders = new Map<string, Order>();

  /** `none` ends the order. Without `count` it stands until changed; without `channel` it is for all. */
  set(mode: ApiMode | HookMode | 'none', count?: number, channel?: string): void {
    const place = channel ?? EVERYWHERE;
    if (mode === 'none') this.#orders.delete(place);
    else this.#orders.set(place, { mode, left: count ?? Number.POSITIVE_INFINITY });
  }

  /** Uses up one order for a send, if there is one. */
  forCall(channel: string): SendMode | null {
    return this.#take(channel, SEND_MODES);
  }

  /** Uses up one order for an upload; true where it shall fail. */
  forUpload(channel: string): boolean {
    return this.#take(channel, ['upload-fails']) !== null;
  }

  /** Uses up one order for a webhook, if there is one. */
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

  /** What stands, by channel (`*` = all). */
  get standing(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#orders].map(([place, { mode }]) => [place, mode]));
  }

  clear(): void {
    this.#orders.clear();
  }
}
