/** Saving as a file. */
import { actions } from '../../state/app.ts';
import { shownName } from '../format.ts';

/** Long enough for the browser to have begun writing. */
const KEEP_MS = 10_000;

/** Fetches the attachment and hands it to the browser as a download; false when it could not be had. */
export async function saveAttachment(url: string, filename: string): Promise<boolean> {
  const src = await actions.fetchMedia(url);
  if (src === null) return false;
  saveObject(src, filename);
  return true;
}

/** Hands what an object URL stands for to the browser as a download; the URL ends with it. */
export function saveObject(src: string, filename: string): void {
  const link = document.createElement('a');
  link.href = src;
  link.download = shownName(filename);
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(src);
  }, KEEP_MS);
}
