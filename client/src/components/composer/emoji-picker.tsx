/** The composer button that opens a grid of emoji. */
import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react';
import { EMOJI } from './emoji.ts';
import { PopoverButton } from './popover-button.tsx';

/** Emoji per row; must match the style sheet. */
const COLUMNS = 9;

const STEPS: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowLeft: -1,
  ArrowDown: COLUMNS,
  ArrowUp: -COLUMNS,
};

/** Arrow keys move between emoji; Tab skips the whole grid. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step = STEPS[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const all = [...event.currentTarget.querySelectorAll('button')];
  const at = all.findIndex((button) => button === document.activeElement);
  all[Math.min(all.length - 1, Math.max(0, at + step))]?.focus();
}

function Grid({ onPick }: { readonly onPick: (emoji: string) => void }): ReactNode {
  const grid = useRef<HTMLDivElement>(null);
  useEffect(() => grid.current?.querySelector('button')?.focus(), []);
  return (
    <div
      ref={grid}
      className="emoji-grid"
      role="group"
      aria-label="Emoji"
      data-testid="emoji-grid"
      onKeyDown={moveFocus}
    >
      {EMOJI.map(([group, emoji], index) => (
        <section key={group} aria-label={group}>
          <h4>{group}</h4>
          <div>
            {emoji.map((one, place) => (
              <button
                key={one}
                type="button"
                tabIndex={index === 0 && place === 0 ? 0 : -1}
                onClick={() => {
                  onPick(one);
                }}
              >
                {one}
              </button>
            ))}
          </div>
        </section>
      ))}
    </div>
  );
}

/** The button and its grid. */
export function EmojiPicker({ onPick }: { readonly onPick: (emoji: string) => void }): ReactNode {
  return (
    <PopoverButton className="emoji-button" icon="smile" label="Emoji" title="Emoji" testId="emoji">
      {(close) => (
        <Grid
          onPick={(emoji) => {
            close();
            onPick(emoji);
          }}
        />
      )}
    </PopoverButton>
  );
}
