/** Chooses one of several items with the keys of a text field that keeps the focus: arrows choose, Enter or Tab takes. */
import { useId, useState, type KeyboardEvent } from 'react';
import { isOfComposition } from './composition.ts';

/** What is offered, and the handlers that the text field must call. */
export interface Choice<T> {
  readonly listId: string;
  /** Empty when nothing is offered. */
  readonly items: readonly T[];
  readonly chosen: number;
  readonly pick: (item: T) => void;
  /** Returns false when the key is not meant for the list. */
  readonly onKey: (event: KeyboardEvent) => boolean;
  /** Chooses the first one again. */
  readonly reset: () => void;
  readonly toLast: () => void;
}

const STEPS: Readonly<Record<string, 1 | -1>> = { ArrowDown: 1, ArrowUp: -1 };

/** `id`: the item that was chosen by an arrow. It stays chosen while others come and go; `index` where it was. */
interface Place {
  readonly index: number;
  readonly id: string | null;
}

const FIRST: Place = { index: 0, id: null };

/** `onClose` is called for Escape. */
export function useChoice<T extends { readonly id: string }>(
  items: readonly T[],
  pick: (item: T) => void,
  onClose: () => void,
): Choice<T> {
  const listId = useId();
  const [at, setAt] = useState(FIRST);
  const kept = items.findIndex(({ id }) => id === at.id);
  const chosen = kept === -1 ? Math.min(at.index, Math.max(0, items.length - 1)) : kept;
  const choose = (index: number): void => {
    setAt({ index, id: items[index]?.id ?? null });
  };
  const act = (event: KeyboardEvent): boolean => {
    const step = STEPS[event.key];
    const item = items[chosen];
    if (step !== undefined) choose((chosen + step + items.length) % items.length);
    else if (event.key === 'Escape') onClose();
    else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey && item !== undefined) {
      // A key that is still held down was meant for what was offered before.
      if (!event.repeat) pick(item);
    } else return false;
    return true;
  };
  return {
    listId,
    items,
    chosen,
    pick,
    onKey: (event) => {
      if (items.length === 0 || isOfComposition(event.nativeEvent) || !act(event)) return false;
      event.preventDefault();
      return true;
    },
    reset: () => {
      setAt(FIRST);
    },
    toLast: () => {
      choose(items.length - 1);
    },
  };
}
