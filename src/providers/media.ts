/** How the bytes of an attachment are had from a carrier, and how that can end. */
import type { Readable } from 'node:stream';
import { asObject, type Loose } from '../lib/loose.ts';
import { retryAfterMs } from './outcome.ts';

/** What a webhook said about the attachment, and how often it was tried before, this time included. */
export interface WantedMedia {
  readonly providerMediaId: string | null;
  readonly url: string | null;
  readonly providerMessageId: string | null;
  /** Raw bytes of the webhook that has the file within it; null where it has not, or is not kept any more. */
  readonly openWebhook: (() => AsyncIterable<Uint8Array>) | null;
  readonly attempt: number;
}

/** `title` is for an agent. retry: later again, by itself; final: only if a person asks for it. */
export interface MediaFailure {
  readonly code: string;
  readonly title: string;
  readonly action: 'retry' | 'final';
  readonly retryAfterMs: number | null;
}

/** `sha256` (64 hex digits) and `sizeBytes` where the carrier promises them. */
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

/** No file, for a reason that is certain. */
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

/** What an answer without a file means, as far as it does not depend on the carrier. */
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

/** The body as the file, where the status says that it is one. */
export function fileOf(
  answer: MediaAnswer,
  promised: { readonly sha256: string | null; readonly sizeBytes: number | null },
): MediaOutcome {
  if (answer.ok && answer.status === 200) return { kind: 'bytes', bytes: answer.body, ...promised };
  if (answer.ok) answer.body.destroy();
  return withoutFile(answer);
}

const MAX_JSON_BYTES = 65_536;

/** A short JSON answer; null where it is too long or no object. Rejects when the connection breaks. */
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
