/** A person for whom everything that any surface ever sent them is recorded, word for word. */
import type { Cursor } from '../../src/contract/events.ts';
import { openClient, type Answer, type TestClient } from './client.ts';
import type { Person } from './node.ts';
import { PATIENCE_MS, waitFor } from './wait.ts';

/** One HTTP answer. */
export interface Read {
  readonly status: number;
  readonly text: string;
}

/** A live socket and a live event stream of one person, plus their REST requests and commands. */
export class Observer {
  readonly person: Person;
  readonly url: string;
  /** Everything received, by surface. */
  readonly received = new Map<string, string>();
  #client: TestClient | null = null;
  readonly #streams: AbortController[] = [];

  constructor(url: string, person: Person) {
    this.url = url;
    this.person = person;
  }

  /** Live on both. With a cursor, missed events are recorded under `replay` and `stream replay` instead. */
  static async live(url: string, person: Person, cursor: Cursor | null = null): Promise<Observer> {
    const observer = new Observer(url, person);
    const suffix = cursor === null ? '' : ' replay';
    const client = openClient(url, { token: person.token, cursor });
    client.socket.onAny((name: string, payload: unknown) => {
      const surface = name === 'events' ? `socket${suffix}` : name;
      observer.note(surface, JSON.stringify(payload));
    });
    observer.#client = client;
    await waitFor(() => client.ready.length > 0, { what: 'ready' });
    const id = cursor === null ? null : `${cursor.epoch}:${String(cursor.seq)}`;
    await observer.#follow(`stream${suffix}`, id);
    return observer;
  }

  note(surface: string, text: string): void {
    this.received.set(surface, `${this.received.get(surface) ?? ''}${text}\n`);
  }

  /** Surfaces on which this text was received. */
  where(text: string): string[] {
    return [...this.received].filter(([, all]) => all.includes(text)).map(([surface]) => surface);
  }

  has(surface: string, text: string): boolean {
    return this.received.get(surface)?.includes(text) ?? false;
  }

  get client(): TestClient {
    if (this.#client === null) throw new Error('not connected');
    return this.#client;
  }

  /** Sends a command, repeating it when it was rate limited as any client does; records the answer under its name. */
  async send(name: string, input: unknown): Promise<Answer> {
    for (;;) {
      const answer = await this.client.send(name, input);
      this.note(name, JSON.stringify(answer));
      if (answer.ok || answer.error.code !== 'rate_limited') return answer;
      const { retryAfterMs } = answer.error.details as { retryAfterMs: number };
      await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
    }
  }

  /** Makes a request; records the answer under `METHOD route`. */
  async ask(
    surface: string,
    request: { readonly path: string; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Read> {
    const [method = 'GET'] = surface.split(' ');
    const { path, body, headers = {} } = request;
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.person.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const text = await response.text();
    this.note(surface, `${JSON.stringify([...response.headers])}${text}`);
    return { status: response.status, text };
  }

  async #follow(surface: string, lastEventId: string | null): Promise<void> {
    const abort = new AbortController();
    this.#streams.push(abort);
    const response = await fetch(`${this.url}/api/inbox/events`, {
      headers: {
        authorization: `Bearer ${this.person.token}`,
        ...(lastEventId === null ? {} : { 'last-event-id': lastEventId }),
      },
      signal: abort.signal,
    });
    if (response.status !== 200 || response.body === null) throw new Error(`SSE: HTTP ${String(response.status)}`);
    const decoder = new TextDecoder();
    const { body } = response;
    const pump = async (): Promise<void> => {
      for await (const chunk of body) {
        const sofar = this.received.get(surface) ?? '';
        this.received.set(surface, sofar + decoder.decode(chunk as Uint8Array, { stream: true }));
      }
    };
    pump().catch(() => undefined);
  }

  close(): void {
    this.#client?.close();
    for (const stream of this.#streams) stream.abort();
  }
}
