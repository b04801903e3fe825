/** Emoji on a message, and the palette they are chosen from. */
import { useState, type ReactNode } from 'react';
import type { Message } from '../../../src/contract/message.ts';
import { actions, useApp } from '../state/app.ts';
import type { AppState } from '../state/store.ts';

const PALETTE = ['👍', '❤️', '😂', '😮', '😢', '🙏', '🎉', '✅'];
const MAX_EMOJI = 32;

function nameOf(state: AppState, message: Message, by: Message['reactions'][number]['by']): string {
  if (by.type === 'contact') {
    const contact = state.machine.inbox.threads.get(message.threadId)?.contact;
    return contact?.id === by.id ? contact.displayName : 'Somebody in the group';
  }
  if (by.id === state.machine.inbox.me) return 'You';
  return state.machine.inbox.members.get(by.id)?.displayName ?? 'From the phone';
}

interface Chip {
  readonly emoji: string;
  readonly names: readonly string[];
  readonly isMine: boolean;
}

/** One chip per emoji, in order of first use. */
function chipsOf(state: AppState, message: Message): readonly Chip[] {
  const chips = new Map<string, Chip>();
  for (const { emoji, by } of message.reactions) {
    const { names, isMine } = chips.get(emoji) ?? { names: [], isMine: false };
    const next = {
      emoji,
      names: [...names, nameOf(state, message, by)],
      isMine: isMine || by.id === state.me?.member.id,
    };
    chips.set(emoji, next);
  }
  return [...chips.values()];
}

const sameChips = (a: readonly Chip[], b: readonly Chip[]): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Shows who reacted with what. A click adds the same reaction, or removes one's own. */
export function Reactions({ message, canReact }: { readonly message: Message; readonly canReact: boolean }): ReactNode {
  const chips = useApp((state) => chipsOf(state, message), sameChips);
  if (chips.length === 0) return null;
  return (
    <div className="reactions">
      {chips.map(({ emoji, names, isMine }) => (
        <button
          key={emoji}
          type="button"
          className="reaction"
          data-testid="reaction"
          data-mine={isMine}
          disabled={!canReact}
          title={`${names.join(', ')}${isMine ? ' · click to take yours back' : ''}`}
          aria-label={`${emoji} from ${names.join(', ')}`}
          onClick={() => actions.react(message.threadId, message.id, isMine ? '' : emoji)}
        >
          {emoji}
          {names.length > 1 ? <span>{names.length}</span> : null}
        </button>
      ))}
    </div>
  );
}

interface PaletteProps {
  /** What the emoji is used for. */
  readonly label: string;
  readonly onPick: (emoji: string) => void;
}

/** The common emoji, and a field for any other. */
export function Palette({ label, onPick }: PaletteProps): ReactNode {
  const [other, setOther] = useState('');
  const emoji = other.trim();
  return (
    <form
      className="palette"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        if (emoji !== '') onPick(emoji);
      }}
    >
      {PALETTE.map((known) => (
        <button
          key={known}
          type="button"
          aria-label={`${label}: ${known}`}
          onClick={() => {
            onPick(known);
          }}
        >
          {known}
        </button>
      ))}
      <input
        value={other}
        maxLength={MAX_EMOJI}
        placeholder="…"
        title="Any other emoji, then Enter"
        aria-label="Another emoji"
        onChange={(event) => {
          setOther(event.target.value);
        }}
      />
    </form>
  );
}
