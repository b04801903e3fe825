/** Sizes of pictures in files that somebody is about to send, so that they get the right room from the first moment. */
import type { Media } from '../../../../src/contract/message.ts';
import { isStored, type SendableFile } from '../../sync/stored-file.ts';

/** In pixels, as drawn; null while unknown. */
export type PictureSize = Pick<Media, 'width' | 'height'>;

const UNKNOWN: PictureSize = { width: null, height: null };

/** A file's size goes with the file. */
const sizes = new WeakMap<File, PictureSize>();

/** Keeps the size that the browser has found for the picture in a file. Of a file that the server has it shows less. */
export function rememberSize(file: SendableFile, { naturalWidth, naturalHeight }: HTMLImageElement): void {
  if (!isStored(file)) sizes.set(file, { width: naturalWidth, height: naturalHeight });
}

/** The size of the picture in a file, once it has been shown. */
export function sizeOfPicture(file: SendableFile): PictureSize {
  return isStored(file) ? UNKNOWN : (sizes.get(file) ?? UNKNOWN);
}
