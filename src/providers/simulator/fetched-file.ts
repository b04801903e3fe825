/**
 * Files that a carrier fetches from a URL it was given. Only from this machine, so that nobody can use the simulator as
 * a proxy.
 */
import type { SimKind } from './shown.ts';
import { simFile, type SimFile } from './uploads.ts';

const DEADLINE_MS = 10_000;
/** https://www.twilio.com/docs/whatsapp/guidance-whatsapp-media-messages */
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_IMAGE_BYTES = 5 * 1024 * 1024;
const HERE = /^(localhost|127\.\d+\.\d+\.\d+)$/;

/** The fetched file, and the kind of message a phone shows it as. */
export interface FetchedFile {
  readonly kind: SimKind;
  readonly file: SimFile;
}

/** Fetches a file. Null for anything that Twilio would not send: a missing file, no type, too large. */
export async function fetchFile(url: string): Promise<FetchedFile | null> {
  if (!HERE.test(new URL(url).hostname)) return null;
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(DEADLINE_MS) }).catch(() => null);
  const mime = (response?.headers.get('content-type') ?? '').replace(/;.*/, '');
  if (response?.ok !== true || mime === '') return null;
  const bytes = await wholeBody(response, mime.startsWith('image/') ? MAX_IMAGE_BYTES : MAX_BYTES);
  return bytes === null ? null : { kind: kindOf(mime), file: simFile(bytes, mime, null) };
}

async function wholeBody(response: Response, maxBytes: number): Promise<Buffer | null> {
  if (Number(response.headers.get('content-length') ?? '0') > maxBytes) {
    await response.body?.cancel();
    return null;
  }
  const bytes = Buffer.from(await response.arrayBuffer().catch(() => new ArrayBuffer(0)));
  return bytes.length === 0 || bytes.length > maxBytes ? null : bytes;
}

function kindOf(mime: string): SimKind {
  if (mime === 'image/webp') return 'sticker';
  if (mime === 'text/vcard') return 'contacts';
  return (['image', 'audio', 'video'] as const).find((family) => mime.startsWith(`${family}/`)) ?? 'document';
}
