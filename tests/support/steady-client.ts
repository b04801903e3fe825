/** A client with an outbox, like the web inbox: what was not answered is sent again, to another node if necessary. */
import type { Cursor, Event } from '../../src/contract/events.ts';
import { openClient, type Answer, type TestClient } from './client.ts';
import { waitFor } from './wait.ts';

/** A command that must get through. */
export interface Pending {
  readonly name: string;
  readonly input: { readonly commandId: string } & Readonly<Record<string, unknown>>;
}

const AT_ONCE = 4;

/** Works through its outbox over as many connections as it takes, and remembers what it was told over all of them. */
export class SteadyClient {
  readonly goodbyes: string[] = [];
  readonly violations: string[] = [];
  readonly events: Event[] = [];
  /** Ids of commands whose success was answered, in that order. */
  readonly acked: string[] = [];
  connections = 0;
  cursor: Cursor | null = null;
  readonly #urls: readonly string[];
  readonly #token: string;
  #client: TestClient | null = null;
  #at = 0;

  constructor(urls: readonly string[], token: string) {
    this.#urls = urls;
    this.#token = token;
  }

  /** Resolves when every command has succeeded, on whichever node. */
  async work(commands: readonly Pending[]): Promise<void> {
    const outbox = [...commands];
    while (outbox.length > 0) {
      const client = await this.#connected();
      await Promise.all(Array.from({ length: AT_ONCE }, () => this.#lane(client, outbox)));
    }
  }

  /** Waits until it was offered everything up to `seq`. */
  async reach(seq: number): Promise<void> {
    await waitFor(async () => {
      await this.#connected();
      return (this.cursor?.seq ?? -1) >= seq;
    });
  }

  close(): void {
    this.#client?.close();
  }

  async #lane(client: TestClient, outbox: Pending[]): Promise<void> {
    for (let next = outbox.shift(); next !== undefined; next = outbox.shift()) {
      const answer = await this.#send(client, next);
      if (answer?.ok === true) this.acked.push(next.input.commandId);
      else outbox.push(next);
      if (answer === null || !client.socket.connected) return;
      await this.#mind(answer, next);
    }
  }

  /** Null when the connection ended before the answer. */
  async #send(client: TestClient, { name, input }: Pending): Promise<Answer | null> {
    let onEnd: () => void = () => undefined;
    const ended = new Promise<null>((resolve) => {
      onEnd = () => {
        resolve(null);
      };
      client.socket.once('disconnect', onEnd);
    });
    const answer = client.send(name, input).catch(() => null);
    try {
      return await Promise.race([answer, ended]);
    } finally {
      client.socket.off('disconnect', onEnd);
    }
  }

  async #mind(answer: Answer, { name }: Pending): Promise<void> {
    if (answer.ok) return;
    const { code, details } = answer.error;
    if (code === 'unavailable') return;
    if (code !== 'rate_limited') throw new Error(`${name}: ${code}`);
    await new Promise((resolve) => setTimeout(resolve, (details as { retryAfterMs: number }).retryAfterMs));
  }

  async #connected(): Promise<TestClient> {
    if (this.#client?.socket.connected === true) return this.#client;
    return waitFor(
      async () => {
        const client = openClient(this.#urls[this.#at % this.#urls.length] ?? '', {
          token: this.#token,
          cursor: this.cursor,
        });
        this.#follow(client);
        const live = await Promise.race([
          new Promise<boolean>((resolve) => client.socket.once('ready', () => resolve(true))),
          new Promise<boolean>((resolve) => client.socket.once('connect_error', () => resolve(false))),
          new Promise<boolean>((resolve) => client.socket.once('disconnect', () => resolve(false))),
        ]);
        if (!live) {
          this.#at += 1;
          client.close();
          return false;
        }
        this.connections += 1;
        this.#client = client;
        return client;
      },
      { what: 'a connection somewhere' },
    );
  }

  #follow(client: TestClient): void {
    let last: number | null = null;
    client.socket.on('ready', ({ cursor }: { cursor: Cursor }) => {
      this.cursor ??= cursor;
    });
    client.socket.on('goodbye', ({ reason }: { reason: string }) => {
      this.goodbyes.push(reason);
      this.#at += 1;
    });
    client.socket.on('resync', ({ reason }: { reason: string }) => this.violations.push(`resync ${reason}`));
    client.socket.on(
      'events',
      ({ epoch, from, to, events }: Cursor & { from: number; to: number; events: Event[] }) => {
        const known = this.cursor?.seq ?? from;
        if (from > known) this.violations.push(`a gap after ${String(known)}`);
        if (last !== null && from !== last) this.violations.push('frames do not chain');
        last = to;
        this.events.push(...events.filter(({ seq }) => seq > known));
        this.cursor = { epoch, seq: Math.max(known, to) };
      },
    );
  }
}
