/** One socket as a subscriber of its tenant's feed. */
import type { EventsFrame, ResyncReason } from '../contract/events.ts';
import type { Pairing, Viewing } from '../contract/socket.ts';
import { viewOf, type View } from '../inbox/audience.ts';
import type { Caller } from '../inbox/command.ts';
import { abilityFor } from '../inbox/team/ability.ts';
import type { LiveGrant } from '../inbox/team/live-member.ts';
import type { AudienceClass } from './audience-classes.ts';
import { sayGoodbye } from './farewell.ts';
import { roomsOf } from './rooms.ts';
import type { Watcher } from './pairing-board.ts';
import type { EndReason, Subscriber } from './tenant-feed.ts';
import type { Newcomer } from './greeter.ts';
import type { ThreadBoard } from './thread-board.ts';
import type { InboxSocket } from './types.ts';

/** Room changes are synchronous: Socket.IO's adapters keep rooms in memory and tell Redis afterwards. */
export class Connection implements Subscriber, Newcomer, Watcher {
  readonly direct = false;
  readonly id: string;
  grant: LiveGrant;
  seat: AudienceClass | null = null;
  disturbed = false;
  readonly #socket: InboxSocket;
  readonly #threads: ThreadBoard;
  readonly #onLapse: () => void;
  #rooms: readonly string[] = [];

  constructor(options: { socket: InboxSocket; grant: LiveGrant; threads: ThreadBoard; onLapse: () => void }) {
    this.#socket = options.socket;
    this.#threads = options.threads;
    this.#onLapse = options.onLapse;
    this.grant = options.grant;
    this.id = options.socket.id;
  }

  /** As of its latest renewal. */
  get caller(): Caller {
    return this.#socket.data.caller;
  }

  view(): View {
    return this.seat?.view ?? viewOf(abilityFor(this.grant));
  }

  send(frame: EventsFrame): void {
    this.#socket.emit('events', frame);
  }

  resync(reason: ResyncReason): void {
    this.#socket.emit('resync', { reason });
  }

  seated(): void {
    for (const room of this.#rooms) void this.#socket.leave(room);
    const class_ = this.seat === null ? [] : [this.seat.room];
    this.#rooms = [...class_, ...roomsOf(this.caller, abilityFor(this.grant))];
    void this.#socket.join([...this.#rooms]);
    this.#threads.recheck(this);
  }

  managesAccounts(): boolean {
    return abilityFor(this.grant).can('manage', 'Accounts');
  }

  supervises(): boolean {
    return abilityFor(this.grant).can('supervise', 'Team');
  }

  showViewing(frame: Viewing): void {
    this.#socket.emit('viewing', frame);
  }

  showPairing(pairing: Pairing): void {
    this.#socket.emit('pairing', pairing);
  }

  lapse(): void {
    this.#onLapse();
  }

  end(reason: EndReason): void {
    sayGoodbye(this.#socket, { reason });
  }
}
