/** A list of things to do that opens from a button. */
import { useEffect, useRef, type ReactNode } from 'react';
import { Icon, type IconName } from './icons.tsx';

/** One of them. */
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

/** Where a key leads from the place `at` among `count`. */
const PLACES: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowUp: (at, count) => (Math.max(at, 0) + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** Moves the focus; false when the key does not. */
function moveFocus(menu: HTMLElement | null, key: string): boolean {
  const items = [...(menu?.querySelectorAll('button') ?? [])];
  const place = PLACES[key]?.(
    items.findIndex((item) => item === document.activeElement),
    items.length,
  );
  if (place === undefined) return false;
  items[place]?.focus();
  return true;
}

/**
 * Focus goes to the first, and from one to another with the arrows; a click elsewhere closes it, and so do Escape and
 * Tab, which give the focus back.
 */
export function Menu({ label, items, onDone }: MenuProps): ReactNode {
  const menu = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    menu.current?.querySelector('button')?.focus();
    const onPointer = (event: Event): void => {
      if (menu.current?.contains(event.target as Node) !== true) onDone();
    };
    const leave = (): void => {
      onDone();
      if (before instanceof HTMLElement) before.focus();
    };
    // Taken before the shortcuts see it: Escape closes the menu and nothing else.
    const onKey = (event: KeyboardEvent): void => {
      // Tab goes on from where the focus was before.
      if (event.key === 'Tab') leave();
      if (event.key === 'Escape') leave();
      else if (!moveFocus(menu.current, event.key)) return;
      event.stopImmediatePropagation();
      event.preventDefault();
    };
    document.addEventListener('pointerdown', onPointer);
    document.addEventListener('keydown', onKey, true);
    return () => {
      document.removeEventListener('pointerdown', onPointer);
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
