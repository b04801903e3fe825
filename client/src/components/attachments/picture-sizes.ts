/** Sizes of pictures in files that somebody is about to send, so that they get the right room from the first moment. */
import type { Media } from '../../../../src/contract/message.ts';

/** In pixels, as drawn; null while unknown. */
export type PictureSize = Pick<Media, 'width' | 'height'>;

const UNKNOWN: PictureSize = { width: null, height: null };

/** A file's size goes with the file. */
const sizes = new WeakMap<File, PictureSize>();

/** Keeps the size that the browser has found for the picture in a file. */
export function rememberSize(file: File, { naturalWidth, naturalHeight }: HTMLImageElement): void {
  sizes.set(file, { width: naturalWidth, height: naturalHeight });
}

/** The size of the picture in a file, once it has been shown. */
export function sizeOfPicture(file: File): PictureSize {
  return sizes.get(file) ?? UNKNOWN;
}
