/** What a file is, by its first bytes: what its sender calls it decides nothing that a browser would run. */
import { fileTypeFromBuffer } from 'file-type';

/** Kinds of file that begin with bytes of their own: without them it is not one. */
const RECOGNISABLE = /^(image|audio|video)\/|^application\/pdf$/;
/** Formats that others are made of: what is said to be inside counts. */
const WRAPPING = new Set(['application/zip', 'application/x-cfb', 'application/xml', 'application/gzip']);
const UNKNOWN = 'application/octet-stream';

/** Type and subtype of what begins with `head`. `declared` counts where the bytes neither prove nor disprove it. */
export async function trueType(declared: string, head: Uint8Array): Promise<string> {
  const said = bareType(declared);
  const found = bareType((await fileTypeFromBuffer(head))?.mime ?? '');
  if (found === '') return RECOGNISABLE.test(said) ? UNKNOWN : said;
  if (WRAPPING.has(found)) return RECOGNISABLE.test(said) ? found : said;
  return isSameContainer(said, found) ? said : found;
}

/** Containers of sound, pictures or both, under all their names: which of it is inside is not in the first bytes. */
const CONTAINERS: readonly RegExp[] = [
  /^(audio|video)\/(mp4|x-m4a|m4a|x-m4v|quicktime|3gpp2?)$/,
  /^(audio|video|application)\/(ogg|opus)$/,
  /^(audio|video)\/(webm|(x-)?matroska)$/,
  /^(audio|video)\/(mpeg|mp3)$/,
];

function isSameContainer(said: string, found: string): boolean {
  return said === found || CONTAINERS.some((container) => container.test(said) && container.test(found));
}

/** Lower case and without parameters. */
export function bareType(mime: string): string {
  return (mime.split(';')[0] ?? '').trim().toLowerCase();
}

/**
 * Whether a WebP has a single picture: its extended header says so. Null for other types, of which nobody asks.
 * https://developers.google.com/speed/webp/docs/riff_container
 */
export function isStill(mime: string, head: Uint8Array): boolean | null {
  if (mime !== 'image/webp') return null;
  const isExtended = Buffer.from(head.subarray(8, 16)).toString('latin1') === 'WEBPVP8X';
  return !isExtended || ((head[20] ?? 0) & 0x02) === 0;
}
