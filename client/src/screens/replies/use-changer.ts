/** Who changed a saved reply last. */
import type { SavedReply } from '../../../../src/contract/saved-replies.ts';
import { useApp } from '../../state/app.ts';

/** Their name, following changes. */
export function useChanger({ updatedBy }: Pick<SavedReply, 'updatedBy'>): string {
  return useApp(({ machine: { inbox } }) =>
    updatedBy === inbox.me ? 'You' : (inbox.members.get(updatedBy)?.displayName ?? 'Former colleague'),
  );
}
