/** What happens on the simulated phones: customers write, type and react; messages of the business arrive and are read. */
import type { Clock } from '../../lib/clock.ts';
import type { Carrier, Hook, StatusReport } from './carrier.ts';
import { cloudCarrier } from './cloud-carrier.ts';
import type { FileKind } from './customer-files.ts';
import type { Delivered, Delivery } from './delivery.ts';
import { evolutionCarrier } from './evolution-carrier.ts';
import { fetchFile } from './fetched-file.ts';
import type { SimulatedAccount, StatusDelays } from './options.ts';
import type { Shown } from './shown.ts';
import { twilioCarrier } from './twilio-carrier.ts';
import type { Chat, SimMessage, Tick, World } from './world.ts';

/** The `Carrier` of each provider. */
export const CARRIERS: Readonly<Record<SimulatedAccount['provider'], Carrier>> = {
  cloud: cloudCarrier,
  evolution: evolutionCarrier,
  twilio: twilioCarrier,
};

/** What a customer writes. Missing parts are made up. */
export interface Written {
  readonly text: string;
  readonly id?: string;
  readonly atMs?: number;
  readonly quoteId?: string;
  /** With a file, the text is its caption. */
  readonly file?: FileKind;
}

/** What the business sent through the API. */
export interface SentByBusiness extends Shown {
  readonly quoteId: string | null;
  readonly clientRef: string | null;
  /** The id that the caller chose, if the carrier allows that. */
  readonly wantedId: string | null;
}

/** What the phones depend on. */
export interface PhoneOptions {
  readonly world: World;
  readonly delivery: Delivery;
  readonly clock: Clock;
  readonly autoStatuses: boolean;
  readonly delays: StatusDelays;
  readonly later: (ms: number, run: () => void) => void;
  /** Called after the customer has read a message of the business. */
  readonly onArrival: (chat: Chat, message: SimMessage) => void;
}

/** What happens to a message of the business after the carrier accepted it. By default it is delivered. */
export interface Fate {
  /** It never reaches the phone. Reported with this code, or with the carrier's usual one. */
  readonly fails?: true | number | null;
  /** URL from which the carrier first fetches the file. */
  readonly fetch?: string | null;
}

/** Twilio's code for a file that it cannot fetch. */
const NO_FILE = 63019;

const ORDER: readonly Tick[] = ['accepted', 'sent', 'delivered', 'read', 'played'];

/** Actions on the phones. Each takes effect at once; its webhook follows. */
export class Phones {
  readonly #options: PhoneOptions;

  constructor(options: PhoneOptions) {
    this.#options = options;
  }

  /** A customer writes a message. `delivered` settles when its webhook was taken, given up or dropped. */
  write(chat: Chat, written: Written): { readonly message: SimMessage; readonly delivered: Promise<Delivered> } {
    const { world, clock } = this.#options;
    const carrier = CARRIERS[chat.account.provider];
    const message: SimMessage = {
      id: written.id ?? carrier.newId('customer'),
      author: 'customer',
      kind: written.file ?? 'text',
      text: written.text,
      atMs: written.atMs ?? clock.nowMs(),
      quoteId: written.quoteId ?? null,
      clientRef: null,
      tick: 'accepted',
      reactions: {},
    };
    world.add(chat, message);
    const delivered = this.#post(chat, carrier.message(chat, message, clock.nowMs()));
    void delivered.then((end) => {
      if (end !== 'taken' || message.tick !== 'accepted') return;
      message.tick = 'delivered';
      world.version++;
    });
    return { message, delivered };
  }

  /**
   * A customer reacts to a message of the chat; an empty emoji removes the reaction. Null when the carrier does not
   * report reactions.
   */
  async react(chat: Chat, target: SimMessage, emoji: string): Promise<Delivered | null> {
    const { world, clock } = this.#options;
    const carrier = CARRIERS[chat.account.provider];
    target.reactions.customer = emoji;
    world.version++;
    const reaction = { id: carrier.newId('customer'), target, emoji, atMs: clock.nowMs() };
    const hook = carrier.reaction(chat, reaction, clock.nowMs());
    return hook === null ? null : this.#post(chat, hook);
  }

  /** A customer starts or stops typing; false when the carrier does not report typing. */
  type(chat: Chat, typing: boolean): boolean {
    const hook = CARRIERS[chat.account.provider].typing(chat, typing, this.#options.clock.nowMs());
    if (hook !== null) void this.#post(chat, hook);
    return hook !== null;
  }

  /** Accepts a message of the business. A known id is a repeat of the same message and changes nothing. */
  accept(chat: Chat, sent: SentByBusiness, fate: Fate = {}): SimMessage {
    const { world, clock } = this.#options;
    const carrier = CARRIERS[chat.account.provider];
    const { wantedId, ...shown } = sent;
    const known = wantedId === null ? undefined : world.find(wantedId);
    if (known !== undefined) return known.message;
    const id = wantedId ?? carrier.newId('business');
    const atMs = clock.nowMs();
    const message: SimMessage = { ...shown, id, author: 'business', atMs, tick: 'accepted', reactions: {} };
    world.add(chat, message);
    chat.businessTypingUntilMs = 0;
    const echo = carrier.echo(chat, message, atMs);
    if (echo !== null) void this.#post(chat, echo);
    void this.#carryOut(chat, message, fate);
    return message;
  }

  async #carryOut(chat: Chat, message: SimMessage, { fails = null, fetch = null }: Fate): Promise<void> {
    const { autoStatuses, later, delays } = this.#options;
    const failure = fails ?? (fetch === null || (await this.#takeFile(message, fetch)) ? null : NO_FILE);
    if (failure === null && autoStatuses) this.#follow(chat, message);
    if (failure === null) return;
    const code = failure === true ? {} : { errorCode: failure };
    later(delays.sent, () => void this.report(chat, { message, status: 'failed', ...code }));
  }

  /** Fetches the file of a message; false when there is none to send. */
  async #takeFile(message: SimMessage, url: string): Promise<boolean> {
    const fetched = await fetchFile(url);
    if (fetched === null) return false;
    if (message.kind !== 'template') message.kind = fetched.kind;
    message.file = fetched.file;
    this.#options.world.version++;
    return true;
  }

  #follow(chat: Chat, message: SimMessage): void {
    const { delays, later, onArrival } = this.#options;
    const steps = [
      [delays.sent, 'sent'],
      [delays.delivered, 'delivered'],
      [delays.read, 'read'],
    ] as const;
    for (const [ms, status] of steps) later(ms, () => void this.report(chat, { message, status }));
    later(delays.read, () => {
      onArrival(chat, message);
    });
  }

  /** A reaction of the business was sent. Carriers only ever report reactions as sent. */
  reactionSent(chat: Chat, message: StatusReport['message']): void {
    if (this.#options.autoStatuses) void this.report(chat, { message, status: 'sent' });
  }

  /** Reports a state of a message of the business, whatever was reported before. */
  async report(chat: Chat, report: StatusReport): Promise<Delivered> {
    const { world, clock } = this.#options;
    const known = world.find(report.message.id)?.message;
    if (known !== undefined && ORDER.indexOf(report.status) > ORDER.indexOf(known.tick)) known.tick = report.status;
    if (known !== undefined && report.status === 'failed') known.tick = 'failed';
    world.version++;
    return this.#post(chat, CARRIERS[chat.account.provider].status(chat, report, clock.nowMs()));
  }

  /** The business has read the customer's messages. */
  readByBusiness(chat: Chat): void {
    for (const message of chat.messages) if (message.author === 'customer') message.tick = 'read';
    this.#options.world.version++;
  }

  /** Posts a webhook of a number unchanged. */
  async tell(account: SimulatedAccount, hook: Hook): Promise<Delivered> {
    return this.#options.delivery.post(account.channel, CARRIERS[account.provider], hook);
  }

  async #post({ account }: Chat, hook: Hook): Promise<Delivered> {
    return this.tell(account, hook);
  }
}
