/** Builds a poll from what a person typed. Pure. */
import type { SentPoll } from '../../../../src/contract/content.ts';
import { POLL_LIMITS } from '../../../../src/contract/send-limits.ts';
import type { PollDraft } from '../../state/forms.ts';
import { filledIn, linesOf, problemsOf, required, type Problems } from './problems.ts';

export const EMPTY_POLL: PollDraft = { question: '', options: ['', ''], multiple: false };

/** Reasons the poll cannot be sent, by field. */
export function pollProblems({ question, options }: PollDraft): Problems {
  const { leastOptions: least, mostOptions } = POLL_LIMITS;
  return problemsOf([
    ...required('question', question, { max: POLL_LIMITS.question, words: 'Write the question.' }),
    ...linesOf(options.slice(0, mostOptions), {
      field: 'option',
      max: POLL_LIMITS.option,
      least,
      tooFew: `Give at least ${String(least)} options.`,
      twice: 'Two options are the same.',
    }),
  ]);
}

/** The poll to send. Call it only when there are no problems. */
export function pollOf({ question, options, multiple }: PollDraft): SentPoll {
  return { question: question.trim(), options: [...filledIn(options.slice(0, POLL_LIMITS.mostOptions))], multiple };
}
