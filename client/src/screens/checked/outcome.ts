/** What became of a batch, in words. */
import { refusalWords } from '../../components/refusal-words.ts';
import type { Batch } from '../../sync/batch.ts';
import type { Entry } from '../../sync/outbox.ts';

/** Why a command of a batch was refused, as a sentence that others may share. */
export function reasonOf({ error }: Entry): string {
  if (error?.code === 'stale_view') return 'The customer has written since.';
  if (error?.code === 'conflict') return 'Changed by a colleague meanwhile.';
  if (error?.code === 'not_found') return 'No longer in your view.';
  return error === null ? '' : refusalWords(error);
}

/** "1 was refused", "2 were refused". */
export const wereRefused = (count: number): string => `${String(count)} ${count === 1 ? 'was' : 'were'} refused`;

/** The outcome, with the reason of the refusals if they have the same. */
export function outcomeOf({ label, done, erased, stopped }: Batch, refused: readonly Entry[]): string {
  const parts = [
    `${String(done)} done`,
    ...(stopped === 0 ? [] : [`${String(stopped)} not begun`]),
    ...(erased === 0 ? [] : [`${String(erased)} erased meanwhile`]),
    ...(refused.length === 0 ? [] : [wereRefused(refused.length)]),
  ];
  const reasons = new Set(refused.map(reasonOf));
  return [`${label}: ${parts.join(', ')}.`, ...(reasons.size === 1 ? reasons : [])].join(' ');
}
