/** How the bytes of an attachment are obtained from a carrier, and the possible outcomes. */
import type { Readable } from 'node:stream';
import { asObject, type Loose } from '../lib/loose.ts';
import { retryAfterMs } from './outcome.ts';

/** What a webhook said about the attachment, and the number of attempts, including this one. */
export interface WantedMedia {
  readonly providerMediaId: string | null;
  readonly url: string | null;
  readonly providerMessageId: string | null;
  /** Raw bytes of the webhook that contains the file; null if none does, or it is no longer stored. */
  readonly openWebhook: (() => AsyncIterable<Uint8Array>) | null;
  readonly attempt: number;
}

/** `title` is for an agent. retry: tried again automatically; final: only if a person asks for it. */
export interface MediaFailure {
  readonly code: string;
  readonly title: string;
  readonly action: 'retry' | 'final';
  readonly retryAfterMs: number | null;
}

/** `sha256` (64 hex digits) and `sizeBytes` if the carrier announces them. */
export type MediaOutcome =
  | {
      readonly kind: 'bytes';
      readonly bytes: AsyncIterable<Uint8Array>;
      readonly sha256: string | null;
      readonly sizeBytes: number | null;
    }
  | { readonly kind: 'refused'; readonly failure: MediaFailure };

/** One exchange; the body must be read or destroyed. Implemented by platform/download.ts. */
export type MediaAnswer =
  | {
      readonly ok: true;
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Readable;
    }
  | { readonly ok: false; readonly forbidden: boolean; readonly reason: string };

/** GETs, or POSTs `json`; never throws. Redirects are followed without `headers`, into public addresses only. */
export type MediaFetch = (request: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json?: unknown;
}) => Promise<MediaAnswer>;

/** There is no file, for a known reason. */
export function noMedia(
  code: string,
  action: MediaFailure['action'],
  title: string,
  waitMs: number | null = null,
): MediaOutcome {
  return { kind: 'refused', failure: { code, title, action, retryAfterMs: waitMs } };
}

const GONE = 'WhatsApp does not have this file any more. Ask the customer to send it again.';
const REFUSED = 'WhatsApp refused access to this file; an administrator should check the number.';

/** What an answer without a file means, for every carrier alike. */
export function withoutFile(answer: MediaAnswer): MediaOutcome {
  if (!answer.ok) {
    return answer.forbidden
      ? noMedia('forbidden_address', 'final', 'The file is at an address that is not allowed.')
      : noMedia('unreachable', 'retry', 'WhatsApp could not be reached.');
  }
  const { status, headers } = answer;
  const code = `http_${String(status)}`;
  if (status === 401 || status === 403) return noMedia(code, 'retry', REFUSED);
  if (status === 404 || status === 410) return noMedia(code, 'final', GONE);
  if (status === 408 || status === 429 || status >= 500) {
    return noMedia(code, 'retry', 'WhatsApp had a temporary problem.', retryAfterMs(headers));
  }
  return noMedia(code, 'final', 'WhatsApp did not hand out this file.');
}

/** The body as the file, if the status says that it is one. */
export function fileOf(
  answer: MediaAnswer,
  promised: { readonly sha256: string | null; readonly sizeBytes: number | null },
): MediaOutcome {
  if (answer.ok && answer.status === 200) return { kind: 'bytes', bytes: answer.body, ...promised };
  if (answer.ok) answer.body.destroy();
  return withoutFile(answer);
}

const MAX_JSON_BYTES = 65_536;

/** A short JSON answer; null if it is too long or not an object. Rejects when the connection breaks. */
export async function jsonOf(body: Readable): Promise<Loose | null> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > MAX_JSON_BYTES) return null;
    pieces.push(piece);
  }
  try {
    return asObject(JSON.parse(Buffer.concat(pieces).toString('utf8')));
  } catch {
    return null;
  }
}
