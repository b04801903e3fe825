/** Saves attachments and other objects as files. */
import { actions } from '../../state/app.ts';
import { shownName } from '../format.ts';

/** How long the object URL is kept: long enough for the browser to start writing. */
const KEEP_MS = 10_000;

/** Fetches the attachment and starts a download. Returns false when it could not be fetched. */
export async function saveAttachment(url: string, filename: string): Promise<boolean> {
  const src = await actions.fetchMedia(url);
  if (src === null) return false;
  saveObject(src, filename);
  return true;
}

/** Starts a download of an object URL and revokes the URL afterwards. */
export function saveObject(src: string, filename: string): void {
  const link = document.createElement('a');
  link.href = src;
  link.download = shownName(filename);
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(src);
  }, KEEP_MS);
}
