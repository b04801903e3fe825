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

/** Focus goes to the first; a click elsewhere closes it, and so does Escape, which gives the focus back. */
export function Menu({ label, items, onDone }: MenuProps): ReactNode {
  const menu = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    menu.current?.querySelector('button')?.focus();
    const onPointer = (event: Event): void => {
      if (menu.current?.contains(event.target as Node) !== true) onDone();
    };
    // Taken before the shortcuts see it: Escape closes the menu and nothing else.
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      event.stopImmediatePropagation();
      event.preventDefault();
      onDone();
      if (before instanceof HTMLElement) before.focus();
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
