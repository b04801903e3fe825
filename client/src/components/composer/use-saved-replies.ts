/** Offers saved replies while a slash and what they are searched by are all that is in the text field. */
import { useMemo, useState, type RefObject } from 'react';
import type { Thread } from '../../../../src/contract/entities.ts';
import type { SavedReply } from '../../../../src/contract/saved-replies.ts';
import { useApp } from '../../state/app.ts';
import { greetedAs, matchingReplies, typedAfterSlash, type Filling } from './saved-reply.ts';
import { useChoice, type Choice } from '../use-choice.ts';

/** The names for a conversation's placeholders, as they are now. */
export function useFilling({ contact }: Pick<Thread, 'contact'>): Filling {
  const agent = useApp(({ me, machine }) => machine.inbox.members.get(machine.inbox.me ?? '') ?? me?.member);
  return { 'customer.name': greetedAs(contact), 'agent.name': agent?.displayName ?? '' };
}

/** Saved replies that match; all of them for an empty query, none for null. */
export function useMatching(query: string | null): readonly SavedReply[] {
  const replies = useApp((state) => state.machine.inbox.savedReplies);
  return useMemo(() => (query === null ? [] : matchingReplies(replies.values(), query)), [replies, query]);
}

interface OfferInput {
  readonly area: RefObject<HTMLTextAreaElement | null>;
  readonly text: string;
  readonly onPick: (reply: SavedReply) => void;
}

/** Saved replies to choose from. `follow` and `close` are handlers that the text field must call too. */
export interface Offer extends Choice<SavedReply> {
  readonly follow: () => void;
  readonly close: () => void;
}

/** `follow` must be called whenever the text or the cursor changes. */
export function useSavedReplies({ area, text, onPick }: OfferInput): Offer {
  const [isHere, setHere] = useState(false);
  const [isClosed, setClosed] = useState(false);
  const query = typedAfterSlash(text);
  const found = useMatching(isHere && !isClosed ? query : null);
  const pick = (reply: SavedReply): void => {
    // A reply may itself begin with a slash.
    setClosed(true);
    onPick(reply);
  };
  const choice = useChoice(found, pick, () => {
    setClosed(true);
  });
  return {
    ...choice,
    follow: () => {
      setHere(true);
      const now = typedAfterSlash(area.current?.value ?? '');
      if (now === null) setClosed(false);
      if (now !== query) choice.reset();
    },
    close: () => {
      setHere(false);
    },
  };
}
