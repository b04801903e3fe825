/** Whether a number supports a file. Without zod, so that a browser can check before it uploads. */
import type { Capabilities, MediaKind, MediaLimit } from './capabilities.ts';
import type { ErrorCode } from './errors.ts';

/** A file somebody wants to send: `mime` as type and subtype, `voice` for a recording to be played as a voice message. */
export interface FileFacts {
  readonly kind: MediaKind;
  readonly mime: string;
  readonly sizeBytes: number;
  readonly voice: boolean;
  /** Whether it is a still image; absent or null if the bytes have not been inspected. */
  readonly still?: boolean | null;
}

/** Why a file is refused, for the person who sends it. */
export interface FileRefusal {
  readonly code: Extract<ErrorCode, 'payload_too_large' | 'unsupported' | 'invalid_input'>;
  readonly message: string;
}

/** The only type that WhatsApp plays as a voice message. */
const VOICE_MIME = 'audio/ogg';
const ANYTHING = '*/*';

/** Null if the number supports the file. Pure. */
export function refuseFile(can: Pick<Capabilities, 'media' | 'voice'>, file: FileFacts): FileRefusal | null {
  const limit = can.media[file.kind];
  if (limit === undefined) return { code: 'unsupported', message: `This number cannot send ${plural(file.kind)}.` };
  if (file.voice && !can.voice) {
    return { code: 'unsupported', message: 'This number cannot send voice messages. Send the recording as audio.' };
  }
  if (!accepts(limit, file)) return wrongType(limit, file);
  if (file.sizeBytes === 0) return { code: 'invalid_input', message: 'The file is empty.' };
  return refuseSize(limit, file);
}

function refuseSize(limit: MediaLimit, { kind, sizeBytes, still }: FileFacts): FileRefusal | null {
  const maxStillBytes = still === true ? limit.maxStillBytes : undefined;
  const maxBytes = maxStillBytes ?? limit.maxBytes;
  if (sizeBytes <= maxBytes) return null;
  const files = kind === 'audio' ? 'Audio' : sentence(plural(kind));
  const most = `${files}${maxStillBytes === undefined ? '' : ' that do not move'} may have at most ${size(maxBytes)}`;
  return { code: 'payload_too_large', message: `${most} with this number; this file has ${size(sizeBytes)}.` };
}

function accepts(limit: MediaLimit, { mime, voice }: FileFacts): boolean {
  if (voice) return mime === VOICE_MIME;
  return limit.mimes.includes(mime) || limit.mimes.includes(ANYTHING);
}

function wrongType(limit: MediaLimit, { kind, mime, voice }: FileFacts): FileRefusal {
  const allowed = voice ? VOICE_MIME : limit.mimes.join(', ');
  const as = voice ? 'a voice message' : kind === 'audio' ? 'audio' : `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`;
  return { code: 'unsupported', message: `A file of type ${mime} cannot be sent as ${as}. Possible: ${allowed}.` };
}

const plural = (kind: MediaKind): string => (kind === 'audio' ? kind : `${kind}s`);
const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** E.g. `5 MB`, `500 KB`; rounded up, so that a file just above a limit never looks like it. */
function size(bytes: number): string {
  if (bytes >= 1024 * 1024) return `${String(Math.ceil((bytes / 1024 / 1024) * 10) / 10)} MB`;
  return `${String(Math.ceil(bytes / 1024))} KB`;
}
