/**
 * Keeps the session alive while it is used: gets a new token before the present one expires, or adopts one that another
 * window got.
 */
import { serverNow } from '../clock.ts';
import type { Session } from '../../../src/contract/rest.ts';
import type { SavedSession, Store } from '../state/store.ts';
import type { Connection } from './connection.ts';
import { followSession, renewSession, saveSession } from './session.ts';

const RENEW_BEFORE_MS = 5 * 60_000;
/** Browsers keep timers in 31 bits; a longer wait would fire at once. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

type Fresh = Pick<Session, 'token' | 'expiresAt'>;

/** Renews the session in the store, and shares it with the browser's other windows. */
export class Renewal {
  readonly #store: Store;
  readonly #ask: Connection['ask'];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `onLeft` is called with the reason when this window has no session any more. */
  constructor(store: Store, ask: Connection['ask'], onLeft: (notice: string) => void) {
    this.#store = store;
    this.#ask = ask;
    // A browser has one session, whichever of its windows renews it, changes the password, or logs out.
    followSession((kept) => {
      const { session } = this.#store.get();
      // Somebody who has to choose a password first has no session to continue with.
      if (session === null || session.passwordChangeRequired === true) return;
      if (kept === null) onLeft('You logged out in another window of this browser.');
      else if (kept.user.id !== session.user.id) onLeft(`${kept.user.displayName} logged in in another window.`);
      else if (kept.token !== session.token) {
        const { token, expiresAt } = kept;
        void this.#goOn({ ...session, token, expiresAt });
      }
    });
  }

  /** Renews the session in the store repeatedly, until `stop`. */
  start(): void {
    clearTimeout(this.#timer);
    const { session } = this.#store.get();
    if (session === null) return;
    const left = Date.parse(session.expiresAt) - serverNow();
    const wait = Math.max(1000, left > 2 * RENEW_BEFORE_MS ? left - RENEW_BEFORE_MS : left / 2);
    this.#timer = setTimeout(() => void this.#renew(), Math.min(wait, LONGEST_WAIT_MS));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async #renew(): Promise<void> {
    const { session } = this.#store.get();
    if (session === null) return;
    const fresh = await renewSession(session.token).catch(() => null);
    if (fresh !== null && this.#store.get().session?.token === session.token) await this.take(fresh);
    else this.start();
  }

  /** Continues with this token, in this browser and over the existing connection. */
  async take({ token, expiresAt }: Fresh): Promise<void> {
    const { session } = this.#store.get();
    if (session === null) return;
    const renewed = { ...session, token, expiresAt };
    saveSession(renewed);
    await this.#goOn(renewed);
  }

  async #goOn(renewed: SavedSession): Promise<void> {
    this.#store.update((state) => ({ ...state, session: renewed }));
    this.start();
    await this.#ask('session:renew', { token: renewed.token });
  }
}
