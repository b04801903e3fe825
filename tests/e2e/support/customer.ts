/** A customer with a phone, played through the simulator's controls. */
import { DEMO_ACCOUNTS } from '../../../src/providers/simulator/demo-accounts.ts';
import type { FileKind } from '../../../src/providers/simulator/customer-files.ts';
import type { Tick } from '../../../src/providers/simulator/world.ts';

/** A message as the customer's phone has it. */
export interface OnPhone {
  readonly id: string;
  readonly author: 'customer' | 'business';
  readonly text: string;
  readonly tick: Tick;
  readonly kind: string;
  readonly file?: { readonly mime: string; readonly filename: string | null; readonly sizeBytes: number };
}

interface ChatState {
  readonly chat?: { readonly typing: boolean; readonly messages: readonly OnPhone[] };
}

export class Customer {
  readonly name: string;
  readonly phone: string;
  readonly channel: string;
  readonly #url: string;

  constructor(
    simulatorUrl: string,
    who: { readonly name: string; readonly phone: string; readonly number: 'cloud' | 'evolution' },
  ) {
    this.#url = simulatorUrl;
    this.name = who.name;
    this.phone = who.phone;
    this.channel = DEMO_ACCOUNTS.find(({ provider }) => provider === who.number)?.channel ?? '';
  }

  /** Resolves when the gateway has taken it. `agoMs`: how long ago it was written; `file`: with one of this kind. */
  async writes(
    text: string,
    { agoMs = 0, ...about }: { readonly agoMs?: number; readonly id?: string; readonly file?: FileKind } = {},
  ): Promise<void> {
    const timestamp = new Date(Date.now() - agoMs).toISOString();
    await this.#post('customer-message', { name: this.name, text, wait: true, timestamp, ...about });
  }

  async types(): Promise<void> {
    await this.#post('customer-typing', { typing: true });
  }

  /** Texts the business sent, as they are on the phone. */
  async received(): Promise<string[]> {
    const { chat } = await this.#state();
    return (chat?.messages ?? []).filter(({ author }) => author === 'business').map(({ text }) => text);
  }

  /** What the business sent besides plain texts: kind, line and file, as they are on the phone. */
  async receivedThings(): Promise<Pick<OnPhone, 'kind' | 'text' | 'file'>[]> {
    const { chat } = await this.#state();
    return (chat?.messages ?? []).filter(({ author, kind }) => author === 'business' && kind !== 'text');
  }

  /** What the carrier was asked to send to this customer by calls of this path, word for word, oldest first. */
  async asked(path: string): Promise<Record<string, unknown>[]> {
    const query = new URLSearchParams({ channel: this.channel, path });
    const response = await fetch(`${this.#url}/simulator/api/calls?${query.toString()}`);
    const { calls } = (await response.json()) as { calls: { body: Record<string, unknown> }[] };
    const bodies = calls.map(({ body }) => body);
    return bodies.filter(({ to, number, type, ...rest }) => (to ?? number) === this.phone && (type ?? rest['name']));
  }

  /** Whether the phone shows that the business is typing. */
  async seesTyping(): Promise<boolean> {
    return (await this.#state()).chat?.typing === true;
  }

  /** The next `count` calls or webhooks of this customer's carrier go wrong. */
  async carrierMisbehaves(mode: string, count = 1): Promise<void> {
    await this.#post('misbehave', { mode, count });
  }

  /** What happens between the number of this customer's carrier and the phone it is linked to. */
  async pairing(action: 'unlink' | 'renew' | 'scan'): Promise<void> {
    await this.#post('pairing', { action });
  }

  async #post(control: string, body: Readonly<Record<string, unknown>>): Promise<void> {
    const response = await fetch(`${this.#url}/simulator/api/${control}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ channel: this.channel, from: this.phone, ...body }),
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) throw new Error(`${control}: ${String(response.status)} ${await response.text()}`);
  }

  async #state(): Promise<ChatState> {
    const query = new URLSearchParams({ channel: this.channel, customer: this.phone });
    const response = await fetch(`${this.#url}/simulator/api/state?${query.toString()}`);
    return (await response.json()) as ChatState;
  }
}
