/** Keeps the session alive while it is in use: a fresh token before the present one runs out, or whoever else got one. */
import { serverNow } from '../clock.ts';
import type { Session } from '../../../src/contract/rest.ts';
import type { SavedSession, Store } from '../state/store.ts';
import type { Connection } from './connection.ts';
import { followSession, renewSession, saveSession } from './session.ts';

const RENEW_BEFORE_MS = 5 * 60_000;
/** Browsers keep timers in 31 bits; a longer wait would fire at once. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

type Fresh = Pick<Session, 'token' | 'expiresAt'>;

/** See above. */
export class Renewal {
  readonly #store: Store;
  readonly #ask: Connection['ask'];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `onLeft` is told why this window has no session any more. */
  constructor(store: Store, ask: Connection['ask'], onLeft: (notice: string) => void) {
    this.#store = store;
    this.#ask = ask;
    // One browser has one session, whichever of its windows renews it, changes the password, or ends it.
    followSession((kept) => {
      const { session } = this.#store.get();
      // Where a password has to be chosen first there is no session to go on with.
      if (session === null || session.passwordChangeRequired === true) return;
      if (kept === null) onLeft('You logged out in another window of this browser.');
      else if (kept.user.id !== session.user.id) onLeft(`${kept.user.displayName} logged in in another window.`);
      else if (kept.token !== session.token) {
        const { token, expiresAt } = kept;
        void this.#goOn({ ...session, token, expiresAt });
      }
    });
  }

  /** Again and again for the session in the store, until `stop`. */
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

  /** Goes on with this token, in this browser and over the connection that there is. */
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
