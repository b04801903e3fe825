/** Builds a WhatsApp Flow message from what a person typed. Pure. */
import type { Capabilities } from '../../../../src/contract/capabilities.ts';
import type { Interactive } from '../../../../src/contract/interactive.ts';
import type { FilePart } from '../../../../src/contract/parts.ts';
import { FLOW_LIMITS, QUESTION_LIMITS } from '../../../../src/contract/send-limits.ts';
import type { FlowDraft } from '../../state/forms.ts';
import { optional, problemsOf, required, type Problems } from './problems.ts';
import { headerChecks, headerPart, NO_HEADER, wordsChecks, wordsPart } from './question.ts';

export const EMPTY_FLOW: FlowDraft = {
  header: NO_HEADER,
  body: '',
  footer: '',
  label: '',
  by: 'id',
  flow: '',
  screen: '',
  mode: 'published',
};

/** Reasons the flow cannot be sent, by field. */
export function flowProblems(draft: FlowDraft, can: Pick<Capabilities, 'media'>): Problems {
  return problemsOf([
    ...headerChecks(draft.header, can),
    ...wordsChecks(draft),
    ...required('label', draft.label, { max: QUESTION_LIMITS.label, words: 'Say what opens the form.' }),
    ...required('flow', draft.flow, { max: FLOW_LIMITS[draft.by], words: 'Say which form.' }),
    ...optional('screen', draft.screen, FLOW_LIMITS.screen),
  ]);
}

/** The message to send. Call it only when there are no problems. `file` is the stored header file. */
export function flowOf(draft: FlowDraft, file: FilePart | null): Interactive {
  const { label, by, mode } = draft;
  const [flow, screen] = [draft.flow.trim(), draft.screen.trim()];
  const start = screen === '' ? {} : ({ flow_action: 'navigate', flow_action_payload: { screen } } as const);
  const parameters = {
    flow_message_version: '3',
    ...(by === 'id' ? { flow_id: flow } : { flow_name: flow }),
    flow_cta: label.trim(),
    mode,
    ...start,
  } as const;
  return { type: 'flow', ...headerPart(draft.header, file), ...wordsPart(draft), action: { name: 'flow', parameters } };
}
