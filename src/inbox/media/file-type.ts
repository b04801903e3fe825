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

/** Whether a container such as MP4 or Ogg has pictures in it is not in its first bytes. */
function isSameContainer(said: string, found: string): boolean {
  return [said, found].every((type) => /^(audio|video)\//.test(type));
}

/** Lower case and without parameters. */
export function bareType(mime: string): string {
  return (mime.split(';')[0] ?? '').trim().toLowerCase();
}
