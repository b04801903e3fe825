/** Which connections of this node are shown the pairing codes of which numbers. In memory only. */
import type { Pairing } from '../contract/socket.ts';
import type { AccountId, TenantId } from '../contract/ids.ts';
import type { Clock } from '../lib/clock.ts';
import type { TenantPairing } from '../inbox/accounts/pairing.ts';

/** What this board needs of a connection. */
export interface Watcher {
  readonly caller: { readonly tenantId: TenantId };
  /** Checked for every code: a member who loses the right to manage numbers sees no more codes. */
  managesAccounts(): boolean;
  showPairing(pairing: Pairing): void;
}

/** Carriers' servers create new codes for about two minutes. */
const WATCH_MS = 180_000;
const MAX_WATCHED = 200;

/** One per node. */
export class PairingBoard {
  readonly #clock: Clock;
  readonly #untilMs = new Map<AccountId, Map<Watcher, number>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For three minutes from now. Beyond 200 numbers, the one that was asked for longest ago is dropped. */
  watch(watcher: Watcher, accountId: AccountId): void {
    const watchers = this.#untilMs.get(accountId) ?? new Map<Watcher, number>();
    watchers.set(watcher, this.#clock.nowMs() + WATCH_MS);
    this.#untilMs.delete(accountId);
    this.#untilMs.set(accountId, watchers);
    const [oldest] = this.#untilMs.keys();
    if (this.#untilMs.size > MAX_WATCHED && oldest !== undefined) this.#untilMs.delete(oldest);
  }

  /** The connection has ended. */
  gone(watcher: Watcher): void {
    for (const [accountId, watchers] of this.#untilMs) {
      watchers.delete(watcher);
      if (watchers.size === 0) this.#untilMs.delete(accountId);
    }
  }

  /** A new code. */
  show({ tenantId, accountId, qr }: TenantPairing): void {
    const nowMs = this.#clock.nowMs();
    for (const [watcher, untilMs] of this.#untilMs.get(accountId) ?? []) {
      const counts = untilMs > nowMs && watcher.caller.tenantId === tenantId && watcher.managesAccounts();
      if (counts) watcher.showPairing({ accountId, qr });
    }
  }
}
