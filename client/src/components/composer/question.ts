/** What surrounds the things to touch in a question: a heading or a file above, the words, small print below. Pure. */
import type { Capabilities } from '../../../../src/contract/capabilities.ts';
import type { Interactive } from '../../../../src/contract/interactive.ts';
import type { FilePart } from '../../../../src/contract/parts.ts';
import { QUESTION_LIMITS } from '../../../../src/contract/send-limits.ts';
import type { HeaderDraft } from '../../state/forms.ts';
import { fitFile, type FileFit } from '../../sync/file-limits.ts';
import { optional, required, type Check } from './problems.ts';

export const NO_HEADER: HeaderDraft = { type: 'none', text: '', file: null };

/** A file that can stand above a question, and as what. */
export interface AboveFile {
  readonly file: File;
  readonly kind: FilePart['type'];
}

type Media = Pick<Capabilities, 'media'>;

/** As what a file would stand above a question: sound and stickers cannot. */
export function fitAbove(file: Pick<File, 'type' | 'size'>, { media }: Media): FileFit {
  const kinds = Object.entries(media).filter(([kind]) => isAbove(kind));
  return fitFile(file, { media: Object.fromEntries(kinds), voice: false });
}

const isAbove = (kind: string): kind is FilePart['type'] => kind === 'image' || kind === 'video' || kind === 'document';

/** The file to be uploaded first; null where there is none. */
export function aboveOf({ type, file }: HeaderDraft, can: Media): AboveFile | null {
  if (type !== 'file' || file === null) return null;
  const fit = fitAbove(file, can);
  return fit.ok && isAbove(fit.kind) ? { file, kind: fit.kind } : null;
}

/** What is wrong with what is above; the field is `header`. */
export function headerChecks({ type, text, file }: HeaderDraft, can: Media): readonly Check[] {
  if (type === 'none') return [];
  if (type === 'text') return required('header', text, { max: QUESTION_LIMITS.header, words: 'Write the heading.' });
  if (file === null) return [['header', true, 'Choose what is above: a picture, a video or a document.']];
  const fit = fitAbove(file, can);
  return fit.ok ? [] : [['header', true, fit.reason]];
}

type Header = NonNullable<Extract<Interactive, { type: 'button' }>['header']>;

/** A heading alone, in the message. */
export function headingPart({ type, text }: HeaderDraft): { readonly header?: Extract<Header, { type: 'text' }> } {
  return type === 'text' ? { header: { type, text: text.trim() } } : {};
}

/** What is above, in the message; `file` is the stored one where there is one. */
export function headerPart(draft: HeaderDraft, file: FilePart | null): { readonly header?: Header } {
  return draft.type === 'file' && file !== null ? { header: file } : headingPart(draft);
}

/** Words and small print. */
export interface WordsDraft {
  readonly body: string;
  readonly footer: string;
}

/** What is wrong with the words; the fields are `body` and `footer`. `words` say that there are none. */
export function wordsChecks(
  { body, footer }: WordsDraft,
  {
    max = QUESTION_LIMITS.body,
    words = 'Write the question.',
  }: { readonly max?: number; readonly words?: string } = {},
): readonly Check[] {
  return [...required('body', body, { max, words }), ...optional('footer', footer, QUESTION_LIMITS.footer)];
}

interface TextPart {
  readonly text: string;
}

/** Words and small print, in the message. */
export function wordsPart({ body, footer }: WordsDraft): { readonly body: TextPart; readonly footer?: TextPart } {
  return { body: { text: body.trim() }, ...footerPart(footer) };
}

/** Small print alone. */
export function footerPart(footer: string): { readonly footer?: TextPart } {
  return footer.trim() === '' ? {} : { footer: { text: footer.trim() } };
}
