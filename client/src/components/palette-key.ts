/** The key that opens the command palette: Ctrl+K, and ⌘K on a Mac, where Ctrl+K belongs to text fields. */
import { isOfComposition } from './composition.ts';

const isMac = (): boolean => navigator.userAgent.includes('Mac OS X');

/** How a key is written that is pressed with the one for commands. */
const written = (letter: string): string => (isMac() ? `⌘${letter}` : `Ctrl+${letter}`);

export const paletteKey = (): string => written('K');
export const findKey = (): string => written('F');

/** On a keyboard without Latin letters the key's position counts. */
const isLetter = ({ key, code }: KeyboardEvent, letter: string): boolean =>
  /^[a-z]$/i.test(key) ? key.toUpperCase() === letter : code === `Key${letter}`;

function isKey(event: KeyboardEvent, letter: string): boolean {
  const { ctrlKey, metaKey, altKey, shiftKey } = event;
  const isHeld = isMac() ? metaKey && !ctrlKey : ctrlKey && !metaKey;
  return isHeld && !altKey && !shiftKey && isLetter(event, letter) && !isOfComposition(event);
}

/** Whether this is the key that opens the palette. */
export const isPaletteKey = (event: KeyboardEvent): boolean => isKey(event, 'K');

/** Whether this is the key that searches in what is open. */
export const isFindKey = (event: KeyboardEvent): boolean => isKey(event, 'F');
