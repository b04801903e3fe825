/** Offers colleagues while a name is typed after an @. */
import { useLayoutEffect, useMemo, useRef, useState, type RefObject } from 'react';
import type { Member } from '../../../../src/contract/entities.ts';
import { sameItems, useApp } from '../../state/app.ts';
import type { Mode } from './composer-tabs.tsx';
import { canBeNamed, matching, namedIn, typedAt, withName, type Typed } from './mention.ts';
import { useChoice, type Choice } from '../use-choice.ts';

interface MentionInput {
  readonly isOn: boolean;
  readonly area: RefObject<HTMLTextAreaElement | null>;
  readonly text: string;
  readonly onText: (text: string) => void;
}

/** Colleagues to choose from. `follow` and `close` are handlers that the text field must call too. */
export interface Mention extends Choice<Member> {
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

/** Offers colleagues in `area`. `follow` must be called whenever the text or the cursor changes. */
export function useMention({ isOn, area, text, onText }: MentionInput): Mention {
  const { cursor, setCursor, wanted } = useCursor(area, text);
  const [closedAt, setClosedAt] = useState<number | null>(null);
  const typed = isOn && cursor !== null ? typedAt(text, cursor) : null;
  const found = usePeople(typed);
  const people = typed === null || typed.start === closedAt ? [] : found;
  const pick = ({ displayName }: Member): void => {
    if (typed === null) return;
    const next = withName(text, typed, displayName);
    wanted.current = next.cursor;
    setCursor(null);
    // Close the list: it may still match, since a longer name may begin with this one.
    setClosedAt(typed.start);
    onText(next.text);
  };
  const choice = useChoice(people, pick, () => {
    setClosedAt(typed?.start ?? null);
  });
  return {
    ...choice,
    follow: () => {
      const now = area.current?.selectionStart ?? null;
      if (now === cursor) return;
      setCursor(now);
      choice.reset();
      // The cursor is at another name or at none, so the list that was closed no longer counts.
      if (area.current !== null && now !== null && typedAt(area.current.value, now)?.start !== closedAt)
        setClosedAt(null);
    },
    close: () => {
      setCursor(null);
    },
  };
}
