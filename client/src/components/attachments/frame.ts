/**
 * The room that a picture takes in the timeline. It is given before the bytes are there and never changes while the
 * line is on screen, so that nothing moves under a hand.
 */
import { createContext, useContext, type CSSProperties } from 'react';
import type { PictureSize } from './picture-sizes.ts';

const MAX_WIDTH_PX = 320;
const MAX_HEIGHT_PX = 320;
const MIN_SIDE_PX = 96;

/**
 * The picture's size within the largest frame, in its own proportions but with a minimum side length; undefined when
 * its size is unknown.
 */
export function frameOf({ width, height }: PictureSize): CSSProperties | undefined {
  if (width === null || height === null) return undefined;
  const scale = Math.min(1, MAX_WIDTH_PX / width, MAX_HEIGHT_PX / height);
  const side = (pixels: number): number => Math.max(MIN_SIDE_PX, Math.round(pixels * scale));
  return { width: side(width), height: side(height) };
}

const Fitted = createContext(false);

/** Whether the pictures of a line are fitted into the frame that is used while their size is unknown. */
export const FittedProvider = Fitted.Provider;

/** The attributes of a picture's frame: its own size, or else that of the style sheet. */
export function useFrame(size: PictureSize): {
  readonly style: CSSProperties | undefined;
  readonly 'data-fitted': boolean;
} {
  const isFitted = useContext(Fitted);
  return { style: isFitted ? undefined : frameOf(size), 'data-fitted': isFitted };
}
