/** The command palette: everything a person can do here, and every conversation, by typing. */
import { useMemo, useState, type KeyboardEvent, type ReactNode } from 'react';
import { serverNow } from '../../clock.ts';
import { Icon } from '../../components/icons.tsx';
import { isPaletteKey } from '../../components/palette-key.ts';
import { listedBy } from '../../components/pick-list.tsx';
import { useChoice, type Choice } from '../../components/use-choice.ts';
import { useModal } from '../../components/use-modal.ts';
import { actions, sameItems, store, useApp } from '../../state/app.ts';
import { seesConversations } from '../../state/role.ts';
import { useFound, type Found } from '../use-found.ts';
import { meanTheOpenOne, press } from '../use-shortcuts.ts';
import type { Command } from './command.ts';
import { CommandList } from './command-list.tsx';
import { commandsOf } from './commands.ts';
import { matchingCommands, namedThreads, threadsNamed } from './matching.ts';
import { isStillMeant } from './thread-commands.ts';

/** How many of the server's conversations are shown. */
const MOST_FOUND = 12;

const opening = (group: string, id: string, label: string): Command => ({
  id,
  group,
  label,
  icon: 'inbox',
  threadId: id,
  deed: {
    act: ({ select }) => {
      select(id);
    },
  },
});

/** The conversations to open: those known by this name or number, then what else the server finds. */
function useThreads(known: readonly string[], found: Found): readonly Command[] {
  const threads = useApp((state) => state.machine.inbox.threads);
  const others = found.state === 'ready' ? found.threads.map(({ id }) => id) : [];
  const further = others.filter((id) => !known.includes(id)).slice(0, MOST_FOUND);
  return [
    ...known.map((id) => ['Conversations', id] as const),
    ...further.map((id) => ['Found in all conversations', id] as const),
  ].flatMap(([group, id]) => {
    const thread = threads.get(id);
    return thread === undefined ? [] : [opening(group, id, thread.contact.displayName)];
  });
}

/**
 * What is offered for the typed text. It is that of the moment at which the palette was opened, so that nothing moves
 * under a hand; only what the server finds is added below. What was meant for a conversation goes with it.
 */
function useOffered(typed: string): { readonly offered: readonly Command[]; readonly progress: Found['state'] } {
  const [opened] = useState(store.get);
  const all = useMemo(() => commandsOf(opened, serverNow()), [opened]);
  const commands = useApp((state) => all.filter((command) => isStillMeant(command, state)), sameItems);
  const named = useMemo(() => namedThreads(opened.machine.inbox), [opened]);
  const known = useMemo(() => threadsNamed(named, typed), [named, typed]);
  // A slash begins the name of a saved reply.
  const found = useFound(seesConversations(opened) && !typed.startsWith('/') ? typed : '');
  const threads = useThreads(known, found);
  return { offered: [...matchingCommands(commands, typed), ...threads], progress: found.state };
}

const HINTS: Readonly<Record<Found['state'], string>> = {
  idle: '',
  loading: 'Searching all conversations …',
  ready: '',
  failed: 'The search in all conversations did not come through.',
};

function Hint({ isEmpty, progress }: { readonly isEmpty: boolean; readonly progress: Found['state'] }): ReactNode {
  const words = HINTS[progress] || (isEmpty ? 'Nothing matches.' : '');
  return (
    <p className="commands-hint" role="status" data-testid="palette-hint">
      {words}
    </p>
  );
}

/** Home and End choose too: what is typed here is short. */
function onKey(event: KeyboardEvent, choice: Choice<Command>): void {
  // Escape is left to the dialog; Tab goes on as in any other.
  if (event.key === 'Escape' || event.key === 'Tab' || choice.onKey(event)) return;
  if (event.key !== 'Home' && event.key !== 'End') return;
  event.preventDefault();
  if (event.key === 'Home') choice.reset();
  else choice.toLast();
}

interface FieldProps {
  readonly typed: string;
  readonly choice: Choice<Command>;
  readonly onType: (text: string) => void;
}

function Field({ typed, choice, onType }: FieldProps): ReactNode {
  return (
    <div className="commands-field">
      <Icon name="search" />
      <input
        type="text"
        role="combobox"
        aria-expanded={choice.items.length > 0}
        aria-label="Type a command, or a customer's name or number"
        placeholder="Type a command, a name or a number"
        maxLength={200}
        autoComplete="off"
        spellCheck={false}
        data-testid="palette-field"
        {...listedBy(choice)}
        value={typed}
        onChange={(event) => {
          onType(event.target.value);
        }}
        onKeyDown={(event) => {
          onKey(event, choice);
        }}
      />
      <kbd>Esc</kbd>
    </div>
  );
}

const closed = (): void => {
  actions.closeDialog('palette');
};

/** Shown over everything. */
export function Palette(): ReactNode {
  const dialog = useModal();
  const [typed, setTyped] = useState('');
  const { offered, progress } = useOffered(typed);
  const close = (): void => dialog.current?.close();
  const choice = useChoice(offered, pick, close);
  function type(text: string): void {
    setTyped(text);
    choice.reset();
  }
  function pick(command: Command): void {
    const { deed } = command;
    if ('types' in deed) {
      type(deed.types);
      return;
    }
    // First, because the focus returns to where it was, and what is done may take it from there.
    close();
    meanTheOpenOne();
    if (!isStillMeant(command, store.get())) return;
    if ('key' in deed) press(deed.key);
    else deed.act(actions);
  }
  return (
    <dialog
      ref={dialog}
      className="dialog commands"
      aria-label="Commands"
      data-testid="palette"
      onClose={closed}
      onClick={(event) => {
        if (event.target === event.currentTarget) close();
      }}
      onKeyDown={(event) => {
        if (!isPaletteKey(event.nativeEvent)) return;
        event.preventDefault();
        if (!event.repeat) close();
      }}
    >
      <Field typed={typed} choice={choice} onType={type} />
      <CommandList choice={choice} />
      <Hint isEmpty={offered.length === 0} progress={progress} />
    </dialog>
  );
}
