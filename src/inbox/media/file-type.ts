/** Detects a file's type from its first bytes: the type that its sender claims must not decide what a browser runs. */
import { fileTypeFromBuffer } from 'file-type';

/** Types that always begin with bytes of their own: a file without them is not of that type. */
const RECOGNISABLE = /^(image|audio|video)\/|^application\/pdf$/;
/** Container formats that other formats are built on: the declared type counts for what is inside. */
const WRAPPING = new Set(['application/zip', 'application/x-cfb', 'application/xml', 'application/gzip']);
/** The type of a file of which nothing is known. */
export const UNKNOWN_TYPE = 'application/octet-stream';
/** RFC 6838, 4.2. */
const NAME = '[a-z0-9][a-z0-9!#$&^_.+-]{0,126}';
const MEDIA_TYPE = new RegExp(`^${NAME}/${NAME}$`);

/**
 * Type and subtype of a file that begins with `head`. `declared` counts where the bytes neither prove nor disprove it.
 */
export async function trueType(declared: string, head: Uint8Array): Promise<string> {
  const said = bareType(declared);
  const found = bareType((await fileTypeFromBuffer(head))?.mime ?? '');
  if (found === '') return RECOGNISABLE.test(said) ? UNKNOWN_TYPE : said;
  if (WRAPPING.has(found)) return RECOGNISABLE.test(said) ? found : said;
  return isSameContainer(said, found) ? said : found;
}

/** Containers of audio, video or both, under all their names: the first bytes do not say which of it is inside. */
const CONTAINERS: readonly RegExp[] = [
  /^(audio|video)\/(mp4|x-m4a|m4a|x-m4v|quicktime|3gpp2?)$/,
  /^(audio|video|application)\/(ogg|opus)$/,
  /^(audio|video)\/(webm|(x-)?matroska)$/,
  /^(audio|video)\/(mpeg|mp3)$/,
];

function isSameContainer(said: string, found: string): boolean {
  return said === found || CONTAINERS.some((container) => container.test(said) && container.test(found));
}

/** The type that a caller claims in a header; the unknown one for what is no media type. */
export function claimedType(header: string): string {
  const type = bareType(header);
  return MEDIA_TYPE.test(type) ? type : UNKNOWN_TYPE;
}

/** Lower case and without parameters. */
function bareType(mime: string): string {
  return (mime.split(';')[0] ?? '').trim().toLowerCase();
}

/**
 * Whether a WebP is a still image, according to its extended header. Null for other types, for which nobody asks.
 * https://developers.google.com/speed/webp/docs/riff_container
 */
export function isStill(mime: string, head: Uint8Array): boolean | null {
  if (mime !== 'image/webp') return null;
  const isExtended = Buffer.from(head.subarray(8, 16)).toString('latin1') === 'WEBPVP8X';
  return !isExtended || ((head[20] ?? 0) & 0x02) === 0;
}
