/**
 * Offers colleagues while a name is typed after an @. The focus stays in the text field: arrows choose, Enter or Tab
 * inserts.
 */
import { useId, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type RefObject } from 'react';
import type { Member } from '../../../../src/contract/entities.ts';
import { sameItems, useApp } from '../../state/app.ts';
import { isOfComposition } from '../composition.ts';
import type { Mode } from './composer-tabs.tsx';
import { canBeNamed, matching, namedIn, typedAt, withName, type Typed } from './mention.ts';

interface MentionInput {
  readonly isOn: boolean;
  readonly area: RefObject<HTMLTextAreaElement | null>;
  readonly text: string;
  readonly onText: (text: string) => void;
}

/** What is offered, and the handlers that the text field must call. */
export interface Mention {
  readonly listId: string;
  /** Empty when nothing is offered. */
  readonly people: readonly Member[];
  readonly chosen: number;
  readonly pick: (member: Member) => void;
  /** Returns false when the key is not meant for the list. */
  readonly onKey: (event: KeyboardEvent) => boolean;
  readonly follow: () => void;
  readonly close: () => void;
}

/** Tracks the cursor of the text field. `wanted` places it once the new text is rendered. */
function useCursor(area: RefObject<HTMLTextAreaElement | null>, text: string) {
  const [cursor, setCursor] = useState<number | null>(null);
  const wanted = useRef<number | null>(null);
  useLayoutEffect(() => {
    if (wanted.current === null) return;
    area.current?.setSelectionRange(wanted.current, wanted.current);
    wanted.current = null;
  }, [area, text]);
  return { cursor, setCursor, wanted };
}

function usePeople(typed: Typed | null): readonly Member[] {
  const all = useApp(
    ({ machine: { inbox } }) => [...inbox.members.values()].filter((one) => one.id !== inbox.me && canBeNamed(one)),
    sameItems,
  );
  return typed === null ? [] : matching(all, typed.query);
}

/** How many colleagues a note mentions; 0 for replies. */
export function useNamed(mode: Mode, text: string): number {
  const members = useApp((state) => state.machine.inbox.members);
  return useMemo(
    () => (mode === 'note' && text.includes('@') ? namedIn(text, [...members.values()]).length : 0),
    [mode, text, members],
  );
}

const STEPS: Readonly<Record<string, 1 | -1>> = { ArrowDown: 1, ArrowUp: -1 };

/** Offers colleagues in `area`. `follow` must be called whenever the text or the cursor changes. */
export function useMention({ isOn, area, text, onText }: MentionInput): Mention {
  const listId = useId();
  const { cursor, setCursor, wanted } = useCursor(area, text);
  const [at, setAt] = useState(0);
  const [closedAt, setClosedAt] = useState<number | null>(null);
  const typed = isOn && cursor !== null ? typedAt(text, cursor) : null;
  const found = usePeople(typed);
  const people = typed === null || typed.start === closedAt ? [] : found;
  const chosen = Math.min(at, Math.max(0, people.length - 1));
  const pick = ({ displayName }: Member): void => {
    if (typed === null) return;
    const next = withName(text, typed, displayName);
    wanted.current = next.cursor;
    setCursor(null);
    // Close the list: it may still match, since a longer name may begin with this one.
    setClosedAt(typed.start);
    onText(next.text);
  };
  const act = (event: KeyboardEvent): boolean => {
    const step = STEPS[event.key];
    const member = people[chosen];
    if (step !== undefined) setAt((chosen + step + people.length) % people.length);
    else if (event.key === 'Escape') setClosedAt(typed?.start ?? null);
    else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey && member !== undefined) pick(member);
    else return false;
    return true;
  };
  return {
    ...{ listId, people, chosen, pick },
    onKey: (event) => {
      if (people.length === 0 || isOfComposition(event.nativeEvent) || !act(event)) return false;
      event.preventDefault();
      return true;
    },
    follow: () => {
      const now = area.current?.selectionStart ?? null;
      if (now === cursor) return;
      setCursor(now);
      setAt(0);
      // The cursor is at another name or at none, so the list that was closed no longer counts.
      if (area.current !== null && now !== null && typedAt(area.current.value, now)?.start !== closedAt)
        setClosedAt(null);
    },
    close: () => {
      setCursor(null);
    },
  };
}
