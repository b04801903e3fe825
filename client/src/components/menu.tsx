/** A menu that opens from a button. */
import { useEffect, useRef, type ReactNode } from 'react';
import { normal } from '../state/selectors.ts';
import { Icon, type IconName } from './icons.tsx';
import { isPaletteKey } from './palette-key.ts';
import { useAway } from './use-away.ts';

/** One entry of a menu. */
export interface MenuItem {
  readonly icon: IconName;
  readonly label: string;
  readonly testId: string;
  readonly onPick: () => void;
}

interface MenuProps {
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly onDone: () => void;
}

/** The index that a key moves to from index `at` among `count` items. */
const PLACES: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowUp: (at, count) => (Math.max(at, 0) + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** The next item after `at` that begins with the letter; `at` if none does. */
function beginningWith(letter: string, items: readonly HTMLElement[], at: number): number {
  const places = items.map((_, step) => (at + 1 + step) % items.length);
  const begins = (place: number): boolean => normal(items[place]?.textContent.trim() ?? '').startsWith(normal(letter));
  return places.find(begins) ?? at;
}

const isLetter = ({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean =>
  key.length === 1 && key !== ' ' && !ctrlKey && !metaKey && !altKey;

/** Moves the focus. Returns false if the key does not. */
function moveFocus(menu: HTMLElement | null, event: KeyboardEvent): boolean {
  const items = [...(menu?.querySelectorAll('button') ?? [])];
  const at = items.findIndex((item) => item === document.activeElement);
  const letterPlace = isLetter(event) ? beginningWith(event.key, items, at) : undefined;
  const place = PLACES[event.key]?.(at, items.length) ?? letterPlace;
  if (place === undefined) return false;
  items[place]?.focus();
  return true;
}

/**
 * Focuses the first item; arrow keys, Home, End and first letters move between items. A click outside closes the menu.
 * Escape and Tab close it too and restore the focus.
 */
export function Menu({ label, items, onDone }: MenuProps): ReactNode {
  const menu = useRef<HTMLDivElement>(null);
  useAway(menu, true, onDone);
  useEffect(() => {
    const before = document.activeElement;
    menu.current?.querySelector('button')?.focus();
    const leave = (): void => {
      onDone();
      if (before instanceof HTMLElement) before.focus();
    };
    // Handled before the shortcuts see the key: Escape closes only the menu.
    const onKey = (event: KeyboardEvent): void => {
      // Tab continues from where the focus was before, and the palette returns there.
      if (event.key === 'Tab' || isPaletteKey(event)) leave();
      if (event.key === 'Escape') leave();
      else if (!moveFocus(menu.current, event)) return;
      event.stopImmediatePropagation();
      event.preventDefault();
    };
    document.addEventListener('keydown', onKey, true);
    return () => {
      document.removeEventListener('keydown', onKey, true);
    };
  }, [onDone]);
  return (
    <div ref={menu} className="menu" role="menu" aria-label={label}>
      {items.map(({ icon, label: words, testId, onPick }) => (
        <button
          key={testId}
          type="button"
          role="menuitem"
          data-testid={testId}
          onClick={() => {
            onPick();
            onDone();
          }}
        >
          <Icon name={icon} size={16} />
          {words}
        </button>
      ))}
    </div>
  );
}
