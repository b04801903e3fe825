/** Builds a question with buttons, a list or a link from what a person typed. Pure. */
import type { Capabilities } from '../../../../src/contract/capabilities.ts';
import type { Interactive } from '../../../../src/contract/interactive.ts';
import type { FilePart } from '../../../../src/contract/parts.ts';
import { BUTTON_LIMITS, LIST_LIMITS, MAX_URL_CHARS, QUESTION_LIMITS } from '../../../../src/contract/send-limits.ts';
import type { ChoicesDraft, ChoiceType, HeaderDraft } from '../../state/forms.ts';
import { webAddress } from '../loose.ts';
import { filledIn, linesOf, optional, problemsOf, required, type Check, type Problems } from './problems.ts';
import { headerChecks, headerPart, headingPart, NO_HEADER, wordsChecks, wordsPart } from './question.ts';

/** Maximum number of choices and maximum text lengths, by type. */
export const CHOICE_LIMITS = {
  button: { options: BUTTON_LIMITS.most, title: BUTTON_LIMITS.title, body: QUESTION_LIMITS.body },
  list: { options: LIST_LIMITS.most, title: LIST_LIMITS.title, body: LIST_LIMITS.body },
  cta_url: { options: 0, title: 0, body: QUESTION_LIMITS.body },
} as const satisfies Record<ChoiceType, { options: number; title: number; body: number }>;

/** The types that a number can send. */
export function choiceTypesOf(types: readonly Interactive['type'][]): readonly ChoiceType[] {
  return types.filter((type): type is ChoiceType => type in CHOICE_LIMITS);
}

export const EMPTY_CHOICES: ChoicesDraft = {
  type: 'button',
  header: NO_HEADER,
  body: '',
  footer: '',
  options: ['', ''],
  label: '',
  url: '',
};

/** A list can have a text heading only, no file. */
const headerOf = ({ type, header }: ChoicesDraft): HeaderDraft =>
  type === 'list' && header.type === 'file' ? NO_HEADER : header;

function choiceChecks({ type, options, label, url }: ChoicesDraft): readonly Check[] {
  const labelled = (words: string): Check[] => required('label', label, { max: QUESTION_LIMITS.label, words });
  if (type === 'cta_url') {
    const address = url.trim();
    const isWrong = webAddress(address) === null;
    const words = 'The link begins with https://';
    return [
      ...labelled('Say what the link is called.'),
      ['url', isWrong, words],
      ...optional('url', url, MAX_URL_CHARS),
    ];
  }
  const limits = CHOICE_LIMITS[type];
  const lines = linesOf(options.slice(0, limits.options), {
    field: 'choice',
    max: limits.title,
    least: 1,
    tooFew: 'Give at least one choice.',
    twice: 'Two choices are the same.',
  });
  return type === 'list' ? [...labelled('Say what opens the list.'), ...lines] : lines;
}

/** Reasons the question cannot be sent, by field. */
export function choicesProblems(draft: ChoicesDraft, can: Pick<Capabilities, 'media'>): Problems {
  return problemsOf([
    ...headerChecks(headerOf(draft), can),
    ...wordsChecks(draft, { max: CHOICE_LIMITS[draft.type].body }),
    ...choiceChecks(draft),
  ]);
}

/**
 * The message to send. Call it only when there are no problems. `file` is the stored header file. Choice ids are their
 * positions, counted from 1.
 */
export function choicesOf(draft: ChoicesDraft, file: FilePart | null): Interactive {
  const { type, label, url } = draft;
  const words = wordsPart(draft);
  const titles = filledIn(draft.options.slice(0, CHOICE_LIMITS[type].options));
  const choices = titles.map((title, index) => ({ id: `choice-${String(index + 1)}`, title }));
  if (type === 'button') {
    return {
      type,
      ...headerPart(draft.header, file),
      ...words,
      action: { buttons: choices.map((reply) => ({ type: 'reply', reply })) },
    };
  }
  if (type === 'list') {
    return {
      type,
      ...headingPart(draft.header),
      ...words,
      action: { button: label.trim(), sections: [{ rows: choices }] },
    };
  }
  const parameters = { display_text: label.trim(), url: url.trim() };
  return { type, ...headerPart(draft.header, file), ...words, action: { name: 'cta_url', parameters } };
}
