/**
 * Downloads files from other systems: streamed, with a deadline, and only from addresses that a URL from outside may
 * lead to.
 */
import type { Readable } from 'node:stream';
import { Agent, request as undiciRequest, type Dispatcher } from 'undici';
import { ForbiddenAddressError, isPublicUrl, publicLookup, type LookupAll } from './public-address.ts';

/** One GET, or one POST of `json`. Header names are lower case; redirects of a GET are followed without them. */
export interface DownloadRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Origins that the operator configured; these may have any address. All others must have a public one. */
  readonly trustedOrigins: readonly string[];
  /** Ends the exchange, its body included. */
  readonly signal: AbortSignal;
}

/**
 * An answer with any status, whose body must be read or destroyed; or why there is none. `forbidden`: the address is
 * not allowed.
 */
export type DownloadAnswer =
  | {
      readonly ok: true;
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Readable;
    }
  | { readonly ok: false; readonly forbidden: boolean; readonly reason: string };

/** `open` never rejects. */
export interface Downloader {
  open(request: DownloadRequest): Promise<DownloadAnswer>;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5000;
/** No byte for this long ends an exchange. */
const SILENCE_MS = 20_000;
const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** `trustedOrigins` apply to every request. `lookup` replaces the system's DNS lookup, for tests. */
export function createDownloader(
  options: { readonly trustedOrigins?: readonly string[]; readonly lookup?: LookupAll } = {},
): Downloader {
  const limits = { headersTimeout: SILENCE_MS, bodyTimeout: SILENCE_MS };
  const timeout = CONNECT_TIMEOUT_MS;
  const trusted = new Agent({ ...limits, connect: { timeout } });
  const guarded = new Agent({ ...limits, connect: { timeout, lookup: publicLookup(options.lookup) } });
  const agentFor = (url: URL, { trustedOrigins }: DownloadRequest): Agent => {
    if (trustedOrigins.includes(url.origin) || options.trustedOrigins?.includes(url.origin) === true) return trusted;
    if (!isPublicUrl(url)) throw new ForbiddenAddressError();
    return guarded;
  };
  return {
    open: async (request) => {
      try {
        return await follow(request, agentFor);
      } catch (error) {
        return { ok: false, forbidden: isForbidden(error), reason: reasonOf(error) };
      }
    },
    close: async () => {
      await Promise.all([trusted.destroy(), guarded.destroy()]);
    },
  };
}

async function follow(
  request: DownloadRequest,
  agentFor: (url: URL, request: DownloadRequest) => Agent,
): Promise<DownloadAnswer> {
  let url = httpUrl(request.url);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const answer = await exchange(url, agentFor(url, request), hop === 0 ? request : { ...request, headers: {} });
    const target = answer.headers['location'];
    if (!REDIRECTS.has(answer.statusCode) || typeof target !== 'string' || request.json !== undefined) {
      // The reader handles errors; without a handler, an unread body that is destroyed would end the process.
      const body = answer.body.on('error', () => undefined);
      return { ok: true, status: answer.statusCode, headers: flat(answer.headers), body };
    }
    await answer.body.dump();
    url = httpUrl(new URL(target, url).href);
  }
  throw new Error('too many redirects');
}

function exchange(url: URL, dispatcher: Agent, request: DownloadRequest): Promise<Dispatcher.ResponseData> {
  const { headers, json, signal } = request;
  if (json === undefined) return undiciRequest(url, { dispatcher, signal, headers });
  const typed = { 'content-type': 'application/json', ...headers };
  return undiciRequest(url, { dispatcher, signal, headers: typed, method: 'POST', body: JSON.stringify(json) });
}

function httpUrl(text: string): URL {
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new ForbiddenAddressError();
  return url;
}

function flat(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
}

function isForbidden(error: unknown): boolean {
  return error instanceof ForbiddenAddressError || (error instanceof Error && isForbiddenCause(error.cause));
}

function isForbiddenCause(cause: unknown): boolean {
  return cause instanceof ForbiddenAddressError;
}

/** Code and kind of an error; never the URL, which may hold a signature. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.name;
}
