/** Buttons, a list or a link out of what a person typed. Pure. */
import type { Interactive } from '../../../../src/contract/interactive.ts';

/** The forms of a question that a person writes here; what a number can send besides is for programs. */
export type ChoiceType = Extract<Interactive['type'], 'button' | 'list' | 'cta_url'>;

/** What is typed, before it is known to be whole. */
export interface ChoicesDraft {
  readonly type: ChoiceType;
  readonly body: string;
  readonly footer: string;
  /** Titles of buttons or rows. */
  readonly options: readonly string[];
  /** What opens the list, or what the link says. */
  readonly label: string;
  readonly url: string;
}

/** WhatsApp's limits (Cloud API interactive message reference, 2026-09). */
export const CHOICE_LIMITS = {
  button: { options: 3, title: 20, body: 1024 },
  list: { options: 10, title: 24, body: 4096 },
  cta_url: { options: 0, title: 20, body: 1024 },
} as const satisfies Record<ChoiceType, { options: number; title: number; body: number }>;

/** Which of the forms a number can send. */
export function choiceTypesOf(types: readonly Interactive['type'][]): readonly ChoiceType[] {
  return types.filter((type): type is ChoiceType => type in CHOICE_LIMITS);
}

export const MAX_LABEL = 20;
export const MAX_FOOTER = 60;

export const EMPTY_CHOICES: ChoicesDraft = {
  type: 'button',
  body: '',
  footer: '',
  options: ['', ''],
  label: '',
  url: '',
};

const isWeb = (url: string): boolean => /^https?:\/\//i.test(url) && URL.canParse(url);

function titlesOf({ type, options }: ChoicesDraft): readonly string[] {
  return options
    .slice(0, CHOICE_LIMITS[type].options)
    .map((title) => title.trim())
    .filter((title) => title !== '');
}

/** What is still missing, in words; null when it can be sent. */
export function missingIn(draft: ChoicesDraft): string | null {
  const titles = titlesOf(draft);
  if (draft.body.trim() === '') return 'Write the question.';
  if (draft.type === 'cta_url') {
    if (draft.label.trim() === '') return 'Say what the link is called.';
    return isWeb(draft.url.trim()) ? null : 'The link begins with https://';
  }
  if (titles.length === 0) return 'Give at least one choice.';
  if (new Set(titles).size < titles.length) return 'Two choices are the same.';
  return draft.type === 'list' && draft.label.trim() === '' ? 'Say what opens the list.' : null;
}

/** The message; call it only when nothing is missing. Ids are the places of the choices, from 1. */
export function interactiveOf(draft: ChoicesDraft): Interactive {
  const { type, label, url } = draft;
  const footer = draft.footer.trim();
  const shared = { body: { text: draft.body.trim() }, ...(footer === '' ? {} : { footer: { text: footer } }) };
  const choices = titlesOf(draft).map((title, index) => ({ id: `choice-${String(index + 1)}`, title }));
  if (type === 'button') {
    return { type, ...shared, action: { buttons: choices.map((reply) => ({ type: 'reply', reply })) } };
  }
  if (type === 'list') return { type, ...shared, action: { button: label.trim(), sections: [{ rows: choices }] } };
  const parameters = { display_text: label.trim(), url: url.trim() };
  return { type, ...shared, action: { name: 'cta_url', parameters } };
}
