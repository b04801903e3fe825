/** The parts that all questions share: a heading or file above, the text, and the footer. Pure. */
import type { Capabilities } from '../../../../src/contract/capabilities.ts';
import type { Interactive } from '../../../../src/contract/interactive.ts';
import type { FilePart } from '../../../../src/contract/parts.ts';
import { QUESTION_LIMITS } from '../../../../src/contract/send-limits.ts';
import type { HeaderDraft } from '../../state/forms.ts';
import { fitFile, type FileFit } from '../../sync/file-limits.ts';
import { optional, required, type Check } from './problems.ts';

export const NO_HEADER: HeaderDraft = { type: 'none', text: '', file: null };

/** A header file of a question, and its kind. */
export interface AboveFile {
  readonly file: File;
  readonly kind: FilePart['type'];
}

type Media = Pick<Capabilities, 'media'>;

/** How a file fits as a header. Audio and stickers cannot be headers. */
export function fitAbove(file: Pick<File, 'type' | 'size'>, { media }: Media): FileFit {
  const kinds = Object.entries(media).filter(([kind]) => isAbove(kind));
  return fitFile(file, { media: Object.fromEntries(kinds), voice: false });
}

const isAbove = (kind: string): kind is FilePart['type'] => kind === 'image' || kind === 'video' || kind === 'document';

/** The header file to upload first; null when there is none or it does not fit. */
export function aboveOf({ type, file }: HeaderDraft, can: Media): AboveFile | null {
  if (type !== 'file' || file === null) return null;
  const fit = fitAbove(file, can);
  return fit.ok && isAbove(fit.kind) ? { file, kind: fit.kind } : null;
}

/** Checks the header; the field is `header`. */
export function headerChecks({ type, text, file }: HeaderDraft, can: Media): readonly Check[] {
  if (type === 'none') return [];
  if (type === 'text') return required('header', text, { max: QUESTION_LIMITS.header, words: 'Write the heading.' });
  if (file === null) return [['header', true, 'Choose what is above: a picture, a video or a document.']];
  const fit = fitAbove(file, can);
  return fit.ok ? [] : [['header', true, fit.reason]];
}

type Header = NonNullable<Extract<Interactive, { type: 'button' }>['header']>;

/** The header of the message if it is a text. */
export function headingPart({ type, text }: HeaderDraft): { readonly header?: Extract<Header, { type: 'text' }> } {
  return type === 'text' ? { header: { type, text: text.trim() } } : {};
}

/** The header of the message. `file` is the stored file if there is one. */
export function headerPart(draft: HeaderDraft, file: FilePart | null): { readonly header?: Header } {
  return draft.type === 'file' && file !== null ? { header: file } : headingPart(draft);
}

/** Draft of the body and the footer. */
export interface WordsDraft {
  readonly body: string;
  readonly footer: string;
}

/** Checks the body and the footer; the fields are `body` and `footer`. `words` is the message for an empty body. */
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

/** The body and footer of the message. */
export function wordsPart({ body, footer }: WordsDraft): { readonly body: TextPart; readonly footer?: TextPart } {
  return { body: { text: body.trim() }, ...footerPart(footer) };
}

/** The footer of the message. */
export function footerPart(footer: string): { readonly footer?: TextPart } {
  return footer.trim() === '' ? {} : { footer: { text: footer.trim() } };
}
