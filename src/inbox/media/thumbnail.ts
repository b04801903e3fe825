/** Small pictures of images, made where the image library is at hand; without it the originals work all the same. */
import type { Readable } from 'node:stream';
import type { Sharp, SharpOptions } from 'sharp';

/** A WebP of at most 480 pixels a side, and the size of the image itself as it is shown. */
export interface Thumbnail {
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
}

/** An image's bytes, to be read from the beginning. */
export interface ImageSource {
  readonly sizeBytes: number;
  read(): Readable;
}

/** Null for what is no image, is broken, or would cost too much to draw. Never rejects. */
export type MakeThumbnail = (source: ImageSource) => Promise<Thumbnail | null>;

const MAX_SIDE = 480;
/** WhatsApp's own images have at most 5 MB. One at a time is held in memory. */
const MAX_BYTES = 10 * 1024 * 1024;
const OPTIONS: SharpOptions = { limitInputPixels: 50_000_000, failOn: 'error' };
const TIMEOUT_S = 10;

type Draw = (options: SharpOptions) => Sharp;

/** One maker per process: images are drawn one after the other. */
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

/** Its binary is an optional package: a platform without one has no thumbnails. */
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

/** The first frame of what moves. */
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
