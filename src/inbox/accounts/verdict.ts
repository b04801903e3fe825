/** The state of a number with its explanation, and what an error says about it. */
import type { AccountState } from '../../contract/entities.ts';
import type { SendFailure } from '../../providers/sending.ts';

/** A state and the text explaining it; null text when all is well. */
export interface Verdict {
  readonly state: AccountState;
  readonly reason: string | null;
}

const MAX_REASON_CHARS = 300;

/**
 * What a failure says about the number itself: `account` stops it, `pause` shows that it is limited; null for other
 * actions.
 */
export function verdictOf({
  action,
  title,
  operator,
}: Pick<SendFailure, 'title' | 'operator'> & { readonly action?: SendFailure['action'] }): Verdict | null {
  if (action !== 'account' && action !== 'pause') return null;
  const reason = (operator === undefined ? title : `${title}. ${operator}`).slice(0, MAX_REASON_CHARS);
  return { state: action === 'account' ? 'reauth' : 'degraded', reason };
}
