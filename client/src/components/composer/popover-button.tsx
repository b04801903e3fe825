/** A button of the composer and what it opens beside itself. */
import { useRef, useState, type ReactNode } from 'react';
import { Icon, type IconName } from '../icons.tsx';
import { useAway } from '../use-away.ts';

interface PopoverButtonProps {
  readonly className: string;
  readonly icon: IconName;
  readonly label: string;
  readonly title: string;
  readonly testId: string;
  /** What is open; it calls `close` when it is done. */
  readonly children: (close: () => void) => ReactNode;
}

/** Escape closes only what it has opened, and so does a click elsewhere. */
export function PopoverButton({ className, icon, label, title, testId, children }: PopoverButtonProps): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const inside = useRef<HTMLSpanElement>(null);
  const close = useRef(() => {
    setOpen(false);
  }).current;
  useAway(inside, isOpen, close);
  return (
    <span
      ref={inside}
      className={className}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen) return;
        event.stopPropagation();
        close();
        button.current?.focus();
      }}
    >
      <button
        ref={button}
        type="button"
        className="icon-button"
        title={title}
        aria-label={label}
        aria-expanded={isOpen}
        data-testid={testId}
        onClick={() => {
          setOpen(!isOpen);
        }}
      >
        <Icon name={icon} />
      </button>
      {isOpen ? children(close) : null}
    </span>
  );
}
