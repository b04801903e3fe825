/** Attachment metadata in one notation, whatever the carrier's. */
import { asName, asObject } from '../lib/loose.ts';

/** `mime` and `mimeRaw` of an attachment from `audio/ogg; codecs=opus` and the like. */
export function mimeFields(value: unknown): { readonly mime: string; readonly mimeRaw: string } {
  const raw = asName(value, 256) ?? 'application/octet-stream';
  const bare = (raw.split(';')[0] ?? '').trim().toLowerCase();
  return { mime: /^[\w.+-]+\/[\w.+-]+$/.test(bare) ? bare : 'application/octet-stream', mimeRaw: raw };
}

/** A SHA-256 as 64 hex digits from hex, base64, or protobuf's index map `{"0":215,…}`; null if it is none of them. */
export function sha256Hex(value: unknown): string | null {
  if (typeof value === 'string') return fromText(value);
  const map = asObject(value);
  if (map === null) return null;
  const bytes = Array.from({ length: 32 }, (_, index) => map[String(index)]);
  const whole = bytes.every(
    (byte): byte is number => Number.isInteger(byte) && Number(byte) >= 0 && Number(byte) < 256,
  );
  return whole ? Buffer.from(bytes).toString('hex') : null;
}

function fromText(value: string): string | null {
  if (/^[0-9a-fA-F]{64}$/.test(value)) return value.toLowerCase();
  if (!/^[A-Za-z0-9+/]{43}=$/.test(value)) return null;
  return Buffer.from(value, 'base64').toString('hex');
}

/** An http(s) URL of at most 4,096 characters, else null; never cut, a cut URL fetches nothing. */
export function fetchableUrl(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 4096) return null;
  return /^https?:\/\/[^\s\0]+$/.test(value) ? value : null;
}
