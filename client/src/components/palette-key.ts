/** The key that opens the command palette: Ctrl+K, and ⌘K on a Mac, where Ctrl+K belongs to text fields. */
import { isOfComposition } from './composition.ts';

const isMac = (): boolean => navigator.userAgent.includes('Mac OS X');

/** How the key is written. */
export const paletteKey = (): string => (isMac() ? '⌘K' : 'Ctrl+K');

/** On a keyboard without Latin letters the key's position counts. */
const isLetterK = ({ key, code }: KeyboardEvent): boolean =>
  /^[a-z]$/i.test(key) ? key.toLowerCase() === 'k' : code === 'KeyK';

/** Whether this is the key. */
export function isPaletteKey(event: KeyboardEvent): boolean {
  const { ctrlKey, metaKey, altKey, shiftKey } = event;
  const isHeld = isMac() ? metaKey && !ctrlKey : ctrlKey && !metaKey;
  return isHeld && !altKey && !shiftKey && isLetterK(event) && !isOfComposition(event);
}
