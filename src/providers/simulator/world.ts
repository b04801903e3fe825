/**
 * What the simulator remembers: numbers, chats, and every call it received. All of it is bounded, and lost on restart.
 */
import type { Loose } from '../../lib/loose.ts';
import { freshCondition, type Condition } from './condition.ts';
import { customerFile, FILE_KINDS, type CustomerFile } from './customer-files.ts';
import type { SimulatedAccount } from './options.ts';
import type { SimKind } from './shown.ts';
import { Uploads, type SimFile } from './uploads.ts';

/** States of a message on the recipient's phone. */
export type Tick = 'accepted' | 'sent' | 'delivered' | 'read' | 'played' | 'failed';

/** A message of a chat, from either side. */
export interface SimMessage {
  readonly id: string;
  readonly author: 'customer' | 'business';
  /** If the carrier fetches the file, `kind` and `file` are known only after that. */
  kind: SimKind;
  readonly text: string;
  /** Only for messages of the business. */
  file?: SimFile;
  /** The message in the carrier's own format, for carriers that report it again. */
  readonly prepared?: Loose;
  readonly atMs: number;
  readonly quoteId: string | null;
  /** The product's own id of the message, if the API carries it. */
  readonly clientRef: string | null;
  tick: Tick;
  /** Emoji, by who reacted. */
  readonly reactions: { customer?: string; business?: string };
}

/** A customer's conversation with one number. */
export interface Chat {
  readonly account: SimulatedAccount;
  /** Digits of a phone, a BSUID such as `US.1…`, `lid:…`, or `group:…`. */
  readonly customer: string;
  name: string;
  readonly messages: SimMessage[];
  businessTypingUntilMs: number;
}

/** A call of the product to a carrier's API. */
export interface ApiCallRecord {
  readonly seq: number;
  readonly at: string;
  readonly provider: SimulatedAccount['provider'];
  readonly channel: string;
  readonly path: string;
  readonly body: unknown;
  /** The status of the response; null when there was none (connection reset, or never answered). */
  status: number | null;
}

const MAX_CHATS = 500;
const MAX_MESSAGES = 300;
const MAX_CALLS = 5000;
const MAX_ACCOUNTS = 10_000;

/** The memory of one simulator. */
export class World {
  readonly #accounts = new Map<string, SimulatedAccount>();
  readonly #conditions = new Map<string, Condition>();
  readonly #chats = new Map<string, Chat>();
  readonly #byId = new Map<string, { readonly chat: Chat; readonly message: SimMessage }>();
  readonly uploads = new Uploads();
  #calls: ApiCallRecord[] = [];
  #callSeq = 0;
  /** Grows with every change that a page could show. */
  version = 1;

  constructor(accounts: readonly SimulatedAccount[]) {
    for (const account of accounts) this.addAccount(account);
  }

  /** Adds or replaces a number; false when there are too many. */
  addAccount(account: SimulatedAccount): boolean {
    if (this.#accounts.size >= MAX_ACCOUNTS && !this.#accounts.has(account.channel)) return false;
    this.#accounts.set(account.channel, account);
    this.version++;
    return true;
  }

  get accounts(): readonly SimulatedAccount[] {
    return [...this.#accounts.values()];
  }

  /** Those that are not quiet. */
  get livelyAccounts(): readonly SimulatedAccount[] {
    return this.accounts.filter(({ quiet }) => quiet !== true);
  }

  account(channel: string): SimulatedAccount | undefined {
    return this.#accounts.get(channel);
  }

  /** The condition of a number. Callers change the returned object in place. */
  condition(channel: string): Condition {
    const known = this.#conditions.get(channel) ?? freshCondition();
    this.#conditions.set(channel, known);
    return known;
  }

  get chats(): readonly Chat[] {
    return [...this.#chats.values()];
  }

  /**
   * The chat of a customer with a number, created if it is new. When there are too many, the chat used longest ago is
   * dropped.
   */
  chat(account: SimulatedAccount, customer: string, name?: string): Chat {
    const key = `${account.channel}|${customer}`;
    const known = this.#chats.get(key);
    const fresh: Chat = { account, customer, name: name ?? customer, messages: [], businessTypingUntilMs: 0 };
    const chat = known ?? fresh;
    if (name !== undefined) chat.name = name;
    this.#chats.delete(key);
    this.#chats.set(key, chat);
    const [oldest] = this.#chats.keys();
    if (this.#chats.size > MAX_CHATS && oldest !== undefined) this.#forget(oldest);
    return chat;
  }

  #forget(key: string): void {
    for (const message of this.#chats.get(key)?.messages ?? []) this.#byId.delete(message.id);
    this.#chats.delete(key);
  }

  /** Appends a message to its chat; false when its id is already known. */
  add(chat: Chat, message: SimMessage): boolean {
    if (this.#byId.has(message.id)) return false;
    chat.messages.push(message);
    this.#byId.set(message.id, { chat, message });
    if (chat.messages.length > MAX_MESSAGES) {
      const dropped = chat.messages.shift();
      if (dropped !== undefined) this.#byId.delete(dropped.id);
    }
    this.version++;
    return true;
  }

  /** The file that a customer sent with this message; null when there is none. */
  customerFile(id: string): (CustomerFile & { readonly account: SimulatedAccount }) | null {
    const found = this.#byId.get(id);
    const kind = FILE_KINDS.find((one) => one === found?.message.kind);
    if (found === undefined || kind === undefined || found.message.author !== 'customer') return null;
    return { ...customerFile(kind, id), account: found.chat.account };
  }

  /** Finds a message by the carrier's id or by the product's own. */
  find(id: string): { readonly chat: Chat; readonly message: SimMessage } | undefined {
    const found = this.#byId.get(id);
    if (found !== undefined) return found;
    return [...this.#byId.values()].reverse().find(({ message }) => message.clientRef === id);
  }

  /** Records a call. Above 5,000 calls, only the newest 2,500 are kept. */
  record(call: Omit<ApiCallRecord, 'seq'>): ApiCallRecord {
    const noted = { seq: ++this.#callSeq, ...call };
    this.#calls.push(noted);
    if (this.#calls.length > MAX_CALLS) this.#calls = this.#calls.slice(-MAX_CALLS / 2);
    return noted;
  }

  get calls(): readonly ApiCallRecord[] {
    return this.#calls;
  }

  /** Forgets chats, calls and conditions; the numbers stay. */
  reset(): void {
    this.#chats.clear();
    this.#byId.clear();
    this.#calls = [];
    this.#conditions.clear();
    this.version++;
  }
}
