/** Makes thumbnails of images if the image library is available; without it the originals still work. */
import type { Readable } from 'node:stream';
import type { Sharp, SharpOptions } from 'sharp';

/** A WebP of at most 480 pixels a side, and the displayed size of the original. */
export interface Thumbnail {
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
}

/** An image's bytes, readable from the beginning. */
export interface ImageSource {
  readonly sizeBytes: number;
  read(): Readable;
}

/** Null if it is not an image, is broken, or would be too expensive to decode. Never rejects. */
export type MakeThumbnail = (source: ImageSource) => Promise<Thumbnail | null>;

const MAX_SIDE = 480;
/** WhatsApp's own images have at most 5 MB. One at a time is held in memory. */
const MAX_BYTES = 10 * 1024 * 1024;
const OPTIONS: SharpOptions = { limitInputPixels: 50_000_000, failOn: 'error' };
const TIMEOUT_S = 10;

type Draw = (options: SharpOptions) => Sharp;

/** One per process: images are processed one after the other. */
export function createThumbnails(): MakeThumbnail {
  let library: Promise<Draw | null> | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  return (source) => {
    const drawn = turn.then(async () => {
      library ??= loadLibrary();
      const draw = await library;
      return draw === null || source.sizeBytes > MAX_BYTES ? null : makeThumbnail(draw, source);
    });
    turn = drawn;
    return drawn;
  };
}

/** The library's binary is an optional package: a platform without one has no thumbnails. */
async function loadLibrary(): Promise<Draw | null> {
  try {
    const { default: sharp } = await import('sharp');
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  } catch {
    return null;
  }
}

/** Uses the first frame of an animation. */
async function makeThumbnail(draw: Draw, source: ImageSource): Promise<Thumbnail | null> {
  const image = draw(OPTIONS).timeout({ seconds: TIMEOUT_S });
  try {
    source
      .read()
      .once('error', (error: Error) => image.destroy(error))
      .pipe(image);
    const { autoOrient } = await image.metadata();
    const small = image
      .autoOrient()
      .resize({ width: MAX_SIDE, height: MAX_SIDE, fit: 'inside', withoutEnlargement: true });
    return { bytes: await small.webp({ quality: 75 }).toBuffer(), width: autoOrient.width, height: autoOrient.height };
  } catch {
    return null;
  }
}
