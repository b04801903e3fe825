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

/** The voice of each carrier. */
export const CARRIERS: Readonly<Record<SimulatedAccount['provider'], Carrier>> = {
  cloud: cloudCarrier,
  evolution: evolutionCarrier,
  twilio: twilioCarrier,
};

/** What a customer writes; what is left out is made up. */
export interface Written {
  readonly text: string;
  readonly id?: string;
  readonly atMs?: number;
  readonly quoteId?: string;
  /** The text is then its caption. */
  readonly file?: FileKind;
}

/** What the business sent through the API. */
export interface SentByBusiness extends Shown {
  readonly quoteId: string | null;
  readonly clientRef: string | null;
  /** Id that the caller chose, where the carrier lets it. */
  readonly wantedId: string | null;
}

/** What the phones need from their surroundings. */
export interface PhoneOptions {
  readonly world: World;
  readonly delivery: Delivery;
  readonly clock: Clock;
  readonly autoStatuses: boolean;
  readonly delays: StatusDelays;
  readonly later: (ms: number, run: () => void) => void;
  /** Told after a message of the business has arrived. */
  readonly onArrival: (chat: Chat, message: SimMessage) => void;
}

/** What becomes of a message of the business after the carrier has taken it; nothing said: it is delivered. */
export interface Fate {
  /** It never reaches the phone, with the carrier's usual code or this one. */
  readonly fails?: true | number | null;
  /** Where the carrier gets its file from first. */
  readonly fetch?: string | null;
}

/** Twilio: the file cannot be had from there. */
const NO_FILE = 63019;

const ORDER: readonly Tick[] = ['accepted', 'sent', 'delivered', 'read', 'played'];

/** Actions on the phones; each returns at once, its webhook follows. */
export class Phones {
  readonly #options: PhoneOptions;

  constructor(options: PhoneOptions) {
    this.#options = options;
  }

  /** A message of a customer. `delivered` settles when its webhook was taken or given up. */
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

  /** A customer's emoji on a message of the chat; empty takes it back. Null where the carrier does not tell. */
  async react(chat: Chat, target: SimMessage, emoji: string): Promise<Delivered | null> {
    const { world, clock } = this.#options;
    const carrier = CARRIERS[chat.account.provider];
    target.reactions.customer = emoji;
    world.version++;
    const reaction = { id: carrier.newId('customer'), target, emoji, atMs: clock.nowMs() };
    const hook = carrier.reaction(chat, reaction, clock.nowMs());
    return hook === null ? null : this.#post(chat, hook);
  }

  /** A customer starts or stops typing; false where the carrier does not tell. */
  type(chat: Chat, typing: boolean): boolean {
    const hook = CARRIERS[chat.account.provider].typing(chat, typing, this.#options.clock.nowMs());
    if (hook !== null) void this.#post(chat, hook);
    return hook !== null;
  }

  /** Takes a message of the business: a known id is the same message again and changes nothing. */
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

  /** False where there is nothing to send. */
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

  /** A reaction of the business has gone out: carriers only ever report those as sent. */
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

  /** A webhook of a number as it is. */
  async tell(account: SimulatedAccount, hook: Hook): Promise<Delivered> {
    return this.#options.delivery.post(account.channel, CARRIERS[account.provider], hook);
  }

  async #post({ account }: Chat, hook: Hook): Promise<Delivered> {
    return this.tell(account, hook);
  }
}
