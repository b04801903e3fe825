/** Saving an attachment as a file. */
import { actions } from '../../state/app.ts';
import { shownName } from '../format.ts';

/** Long enough for the browser to have begun writing. */
const KEEP_MS = 10_000;

/** Fetches the attachment and hands it to the browser as a download; false when it could not be had. */
export async function saveAttachment(url: string, filename: string): Promise<boolean> {
  const src = await actions.fetchMedia(url);
  if (src === null) return false;
  const link = document.createElement('a');
  link.href = src;
  link.download = shownName(filename);
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(src);
  }, KEEP_MS);
  return true;
}
