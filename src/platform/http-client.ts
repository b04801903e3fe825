/**
 * HTTP calls to other systems: pooled per origin, with a deadline and a size cap, and reliable about whether anything
 * was sent.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { Pool, type Dispatcher } from 'undici';
import { isInsideUrl, publicLookup, type LookupAll } from './public-address.ts';

/** A body that is read while it is sent, of exactly `sizeBytes`. */
export interface StreamedBody {
  readonly type: string;
  readonly sizeBytes: number;
  open(): Readable;
}

/** One POST: of `json`, of `form` (URL-encoded), of `body` as it is, or `streamed`. Header names are lower case. */
export interface HttpRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly streamed?: StreamedBody;
  /** Overrides the client's deadline. */
  readonly deadlineMs?: number;
}

/**
 * An answer with any status, or why there is none. `sent` false: not a byte of the request was written (refused, unknown
 * host, TLS failure, no free connection in time). `body` is the parsed JSON, or text where it is none.
 */
export type HttpAnswer =
  | {
      readonly ok: true;
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: unknown;
    }
  | { readonly ok: false; readonly sent: boolean; readonly reason: string };

/** Limits of a client; the defaults suit provider APIs. */
export interface HttpClientOptions {
  /** Whole exchange, from the call to the last byte. Default 15 s. */
  readonly deadlineMs?: number;
  /** Longer answers end the exchange. Default 1 MB. */
  readonly maxResponseBytes?: number;
  /** Connections per origin. Default 16. */
  readonly connections?: number;
  /**
   * If given: names that look public must resolve to public addresses, except for these origins, which the operator
   * configured. Hosts with internal names stay callable, because only operators can configure them.
   */
  readonly trustedOrigins?: readonly string[];
  /** Replaces the system's DNS lookup, for tests. */
  readonly lookup?: LookupAll;
}

/** A client whose calls never throw or reject. */
export interface HttpClient {
  readonly post: (request: HttpRequest) => Promise<HttpAnswer>;
  readonly get: (request: Pick<HttpRequest, 'url' | 'headers'>) => Promise<HttpAnswer>;
  /** Ends idle connections; exchanges under way may finish first. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5000;
/** Shorter than common servers keep idle connections, so that a request rarely uses one that is just being closed. */
const KEEP_ALIVE_MS = 4000;
const MAX_ORIGINS = 64;

/** Creates a client with a pool per origin. Beyond 64 origins the one that was idle longest is closed. */
export function makeHttpClient(options: HttpClientOptions = {}): HttpClient {
  const { deadlineMs = 15_000, maxResponseBytes = 1_048_576, connections = 16 } = options;
  const { trustedOrigins, lookup } = options;
  const guarded = { lookup: publicLookup(lookup) };
  const pools = new Map<string, Pool>();
  const poolOf = (origin: string): Pool => {
    const free = trustedOrigins === undefined || trustedOrigins.includes(origin) || isInsideUrl(new URL(origin));
    const pool = pools.get(origin) ?? newPool(origin, connections, free ? {} : guarded);
    pools.delete(origin);
    pools.set(origin, pool);
    const [oldest] = pools.keys();
    if (pools.size > MAX_ORIGINS && oldest !== undefined) {
      void pools.get(oldest)?.close();
      pools.delete(oldest);
    }
    return pool;
  };
  const call = async (method: Method, request: HttpRequest): Promise<HttpAnswer> => {
    const target = httpUrl(request.url);
    if (target === null) return { ok: false, sent: false, reason: 'not an http URL' };
    const limits = { deadlineMs: request.deadlineMs ?? deadlineMs, maxResponseBytes };
    return exchange(poolOf(target.origin), target, { ...request, method }, limits);
  };
  return {
    post: (request) => call('POST', request),
    get: (request) => call('GET', request),
    close: async () => {
      const open = [...pools.values()];
      pools.clear();
      await Promise.all(open.map((pool) => pool.close()));
    },
  };
}

function newPool(origin: string, connections: number, guard: { readonly lookup?: LookupFunction }): Pool {
  return new Pool(origin, {
    connections,
    pipelining: 1,
    connect: { timeout: CONNECT_TIMEOUT_MS, ...guard },
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

function httpUrl(text: string): URL | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : null;
}

type Limits = Required<Pick<HttpClientOptions, 'deadlineMs' | 'maxResponseBytes'>>;

type Method = 'GET' | 'POST';
type Call = HttpRequest & { readonly method: Method };

async function exchange(pool: Pool, url: URL, request: Call, limits: Limits): Promise<HttpAnswer> {
  return new Promise((resolve) => {
    const handler = new Exchange(limits.maxResponseBytes, resolve);
    const timer = setTimeout(() => {
      handler.giveUp(`no answer within ${String(limits.deadlineMs)} ms`);
    }, limits.deadlineMs);
    handler.whenDone = () => {
      clearTimeout(timer);
    };
    try {
      assertWritable(request.headers);
      const { headers: about, body } = bodyOf(request);
      const headers = { accept: 'application/json', ...about, ...request.headers };
      pool.dispatch({ method: request.method, path: url.pathname + url.search, headers, body }, handler);
    } catch (error) {
      handler.giveUp(reasonOf(error));
    }
  });
}

/** What may not be in the value of a header. */
const NOT_IN_A_HEADER = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * Throws if a header cannot be written, such as a token with an emoji. A pool takes a connection for busy from then on
 * that was given such a request: one number's token would in the end stop everybody's requests to that origin.
 */
function assertWritable(headers: Readonly<Record<string, string>>): void {
  const wrong = Object.entries(headers).find(([, value]) => NOT_IN_A_HEADER.test(value));
  if (wrong !== undefined) throw new Error(`the header ${wrong[0]} cannot be written`);
}

interface Body {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Readable | null;
}

function bodyOf({ method, json, form, body, streamed }: Call): Body {
  if (method === 'GET') return { headers: {}, body: null };
  if (streamed !== undefined) {
    const { type, sizeBytes } = streamed;
    return { headers: { 'content-type': type, 'content-length': String(sizeBytes) }, body: streamed.open() };
  }
  if (form === undefined)
    return { headers: { 'content-type': 'application/json' }, body: body ?? JSON.stringify(json) };
  return {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  };
}

/**
 * undici calls `onRequestStart` right before it writes a request to a connected socket, and writes nothing if the
 * handler aborts there. `sent` relies on this rather than on the names of errors.
 */
class Exchange implements Dispatcher.DispatchHandler {
  whenDone: () => void = () => undefined;
  readonly #maxBytes: number;
  readonly #resolve: (answer: HttpAnswer) => void;
  #controller: Dispatcher.DispatchController | null = null;
  #done = false;
  #status = 0;
  #headers: Record<string, string> = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number, resolve: (answer: HttpAnswer) => void) {
    this.#maxBytes = maxBytes;
    this.#resolve = resolve;
  }

  /** Ends the exchange without an answer, at whatever stage it is. */
  giveUp(reason: string): void {
    const sent = this.#controller !== null;
    this.#finish({ ok: false, sent, reason });
    this.#controller?.abort(new Error(reason));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#done) controller.abort(new Error('given up before it was written'));
    else this.#controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = flat(headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) this.giveUp('the answer is too long');
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const text = Buffer.concat(this.#chunks).toString('utf8');
    this.#finish({ ok: true, status: this.#status, headers: this.#headers, body: jsonOrText(text) });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#finish({ ok: false, sent: this.#controller !== null, reason: reasonOf(error) });
  }

  #finish(answer: HttpAnswer): void {
    if (this.#done) return;
    this.#done = true;
    this.#chunks = [];
    this.whenDone();
    this.#resolve(answer);
  }
}

function flat(headers: IncomingHttpHeaders): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]): [string, string] => {
    return [name.toLowerCase(), Array.isArray(value) ? value.join(', ') : (value ?? '')];
  });
  return Object.fromEntries(entries);
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Code and message of an error; never the request, which holds credentials. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? `${code}: ${error.message}` : error.message;
}
