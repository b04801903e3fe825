/** Customers who act by themselves: they write at a given pace, in bursts, and react to answers. */
import { cloudHappenings } from './cloud-happenings.ts';
import { evolutionHappenings } from './evolution-happenings.ts';
import type { Answered, Happenings } from './happenings.ts';
import type { SimulatedAccount } from './options.ts';
import { EMOJI, FILE_SIGNS, PEOPLE, type Persona } from './people.ts';
import type { Phones, Written } from './phone.ts';
import type { Happening, Scenario } from './scenarios.ts';
import type { Chat, SimMessage, World } from './world.ts';

/** What the demo depends on. */
export interface DemoOptions {
  readonly world: World;
  readonly phones: Phones;
  readonly messagesPerMinute: number;
  readonly random: () => number;
  readonly nowMs: () => number;
  readonly later: (ms: number, run: () => void) => void;
}

/** Twilio reports only messages and their states. */
const HAPPENINGS: Readonly<Record<SimulatedAccount['provider'], Happenings>> = {
  cloud: cloudHappenings,
  evolution: evolutionHappenings,
  twilio: {},
};

const RUSH_MESSAGES = 200;
const BURST_MESSAGES = 5;

/** A line that begins with a file sign becomes that file; the rest of the line is its caption. */
function writtenAs(line: string): Written {
  const found = Object.entries(FILE_SIGNS).find(([sign]) => line.startsWith(sign));
  return found === undefined ? { text: line } : { text: line.slice(found[0].length).trim(), file: found[1] };
}

/** The customers of one simulator. */
export class Demo {
  readonly #options: DemoOptions;
  readonly #nextLine = new Map<string, number>();

  constructor(options: DemoOptions) {
    this.#options = options;
  }

  /** Starts an endless stream of messages. With a pace of 0 nobody writes. */
  start(): void {
    const { messagesPerMinute, later, random } = this.#options;
    if (messagesPerMinute <= 0) return;
    const tick = (): void => {
      this.#someoneWrites();
      later((60_000 / messagesPerMinute) * (0.5 + random()), tick);
    };
    later(1500, tick);
  }

  /** Plays a scenario once, on every number or on one. Returns the number of messages or webhooks it starts. */
  play(scenario: Scenario, channel?: string): number {
    const { world } = this.#options;
    const accounts =
      channel === undefined ? world.livelyAccounts : [world.account(channel)].filter((one) => one !== undefined);
    return accounts.map((account) => this.#scenes[scenario](account)).reduce((sum, count) => sum + count, 0);
  }

  readonly #scenes: Readonly<Record<Scenario, (account: SimulatedAccount) => number>> = {
    hello: (account) => this.#says(account, this.#pick(PEOPLE), 1),
    conversation: (account) => this.#says(account, this.#pick(PEOPLE), 3),
    languages: (account) => PEOPLE.map((person) => this.#says(account, person, 1)).length,
    burst: (account) => this.#says(account, this.#pick(PEOPLE), BURST_MESSAGES, 0),
    rush: (account) => {
      for (let index = 0; index < RUSH_MESSAGES; index++) this.#says(account, this.#pick(PEOPLE), 1, 0);
      return RUSH_MESSAGES;
    },
    reactions: (account) => this.#everyoneReacts(account),
    failures: (account) => this.#allFails(account),
    history: (account) => this.#happens('history', account),
    groups: (account) => this.#happens('groups', account),
    calls: (account) => this.#happens('calls', account),
    polls: (account) => this.#happens('polls', account),
    'number-change': (account) => this.#happens('number-change', account),
    statuses: (account) => this.#happens('statuses', account),
  };

  #happens(what: Happening, account: SimulatedAccount): number {
    const { phones, nowMs } = this.#options;
    const stage = { account, answered: this.#answered(account), people: PEOPLE, nowMs: nowMs() };
    const hooks = HAPPENINGS[account.provider][what]?.(stage) ?? [];
    for (const hook of hooks) void phones.tell(account, hook);
    return hooks.length;
  }

  #pick<T>(list: readonly [T, ...T[]] | readonly T[]): T {
    const chosen = list[Math.floor(this.#options.random() * list.length)] ?? list[0];
    if (chosen === undefined) throw new RangeError('nothing to pick from');
    return chosen;
  }

  #someoneWrites(): void {
    const { world, random } = this.#options;
    const accounts = world.livelyAccounts;
    if (accounts.length === 0) return;
    const burst = random() < 0.15 ? 3 : 1;
    this.#says(this.#pick(accounts), this.#pick(PEOPLE), burst);
  }

  /** Writes the person's next lines, `gapMs` apart. */
  #says(account: SimulatedAccount, person: Persona, count: number, gapMs = 1200): number {
    const { world, phones, later } = this.#options;
    const chat = world.chat(account, person.phone, person.name);
    for (let index = 0; index < count; index++) {
      const line = this.#lineOf(account, person);
      const written = writtenAs(line);
      const say = (): void => void phones.write(chat, { ...written, ...this.#quote(chat) });
      if (index === 0) say();
      else later(gapMs * index, say);
    }
    return count;
  }

  #lineOf(account: SimulatedAccount, person: Persona): string {
    const key = `${account.channel}|${person.phone}`;
    const index = this.#nextLine.get(key) ?? 0;
    this.#nextLine.set(key, (index + 1) % person.lines.length);
    return person.lines[index] ?? '…';
  }

  /** Sometimes a customer quotes the last answer. */
  #quote(chat: Chat): { readonly quoteId?: string } {
    const last = chat.messages.findLast((message) => message.author === 'business');
    return last !== undefined && this.#options.random() < 0.25 ? { quoteId: last.id } : {};
  }

  #answered(account: SimulatedAccount): Answered[] {
    const chats = this.#options.world.chats.filter((chat) => chat.account === account);
    return chats.flatMap((chat) => {
      const message = chat.messages.findLast(({ author }) => author === 'business');
      return message === undefined ? [] : [{ chat, message }];
    });
  }

  #everyoneReacts(account: SimulatedAccount): number {
    const answered = this.#answered(account);
    for (const { chat, message } of answered) void this.#options.phones.react(chat, message, this.#pick(EMOJI));
    return answered.length;
  }

  #allFails(account: SimulatedAccount): number {
    const answered = this.#answered(account);
    for (const { chat, message } of answered) void this.#options.phones.report(chat, { message, status: 'failed' });
    return answered.length;
  }

  /** Called when the customer has read an answer of the business. Most people of the cast react to it. */
  arrived(chat: Chat, message: SimMessage): void {
    const person = PEOPLE.find((one) => one.phone === chat.customer);
    const { phones, random, later } = this.#options;
    const chance = random();
    if (person === undefined || chance > 0.8) return;
    if (chance < 0.25) {
      later(800, () => void phones.react(chat, message, this.#pick(EMOJI)));
      return;
    }
    later(600, () => phones.type(chat, true));
    later(2500 + random() * 3000, () => void phones.write(chat, { text: this.#pick(person.replies) }));
  }
}
