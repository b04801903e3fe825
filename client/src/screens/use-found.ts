/** Has the server search for conversations while somebody types. */
import { useEffect, useState } from 'react';
import type { Thread } from '../../../src/contract/entities.ts';
import { actions } from '../state/app.ts';

/** How long nobody may have typed before the server is asked. */
export const SEARCH_DELAY_MS = 250;

/** `threads` is what was found for the text before while the typed one is being searched for. */
export interface Found {
  readonly state: 'idle' | 'loading' | 'ready' | 'failed';
  readonly threads: readonly Thread[];
}

const NOTHING = { query: '', state: 'idle', threads: [] } as const;

/** Searches by name, number and text. `idle` for an empty text. */
export function useFound(typed: string): Found {
  const query = typed.trim();
  const [found, setFound] = useState<Found & { readonly query: string }>(NOTHING);
  useEffect(() => {
    if (query === '') return undefined;
    let isGone = false;
    const search = async (): Promise<void> => {
      const threads = await actions.findThreads(query);
      if (!isGone) setFound({ query, state: threads === null ? 'failed' : 'ready', threads: threads ?? [] });
    };
    const timer = setTimeout(() => void search(), SEARCH_DELAY_MS);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [query]);
  if (query === '') return NOTHING;
  return found.query === query ? found : { state: 'loading', threads: found.threads };
}
