/** Turns a stored row into what a carrier is asked to send. */
import { MediaKind } from '../../../contract/capabilities.ts';
import { SentCard, SentLocation, SentPoll, TemplateRef, valuesOf } from '../../../contract/content.ts';
import { headerOf, Interactive } from '../../../contract/interactive.ts';
import { storedFileIn } from '../../../contract/parts.ts';
import { asList, orEmpty, type Loose } from '../../../lib/loose.ts';
import type { StoredContent, StoredFile } from './types.ts';

/** The content to send, or why this row cannot be sent. */
export type Sendable =
  | { readonly content: StoredContent; readonly unsendable: null }
  | { readonly content: null; readonly unsendable: string };

/** The columns of a message that decide what is sent. `file`: its attachment, if it has one that is ready. */
export interface ContentRow {
  readonly kind: string;
  readonly text: string | null;
  readonly content: unknown;
  readonly file: StoredFile | null;
}

type Reader = (row: ContentRow, part: Loose) => StoredContent | string;

/** Reads kind, text, attachment and the kind-specific part of a message row. Never throws. */
export function messageContent(row: ContentRow): Sendable {
  const read = READERS.get(row.kind);
  if (read === undefined) return nothing('This kind of message cannot be sent.');
  const content = read(row, orEmpty(row.content));
  return typeof content === 'string' ? nothing(content) : { content, unsendable: null };
}

const text: Reader = (row, part) =>
  row.text === null || row.text === ''
    ? 'The message has no text.'
    : { kind: 'text', text: row.text, linkPreview: part['linkPreview'] !== false };

const NO_FILE = 'The file of this message is not here.';

const media =
  (kind: MediaKind): Reader =>
  ({ file, text: caption }) =>
    file === null ? NO_FILE : { kind, file, caption };

const location: Reader = (_row, part) => {
  const parsed = SentLocation.safeParse(part['location']);
  return parsed.success ? { kind: 'location', location: parsed.data } : 'The place is not complete.';
};

const contacts: Reader = (_row, part) => {
  const cards = asList(part['contacts']).map((card) => SentCard.safeParse(card).data);
  const complete = cards.filter((card) => card !== undefined);
  const whole = complete.length > 0 && complete.length === cards.length;
  return whole ? { kind: 'contacts', contacts: complete } : 'A contact card is not complete.';
};

const interactive: Reader = ({ file }, part) => {
  const parsed = Interactive.safeParse(part['interactive']);
  if (!parsed.success) return 'The choices are not complete.';
  if (file === null && storedFileIn(headerOf(parsed.data)) !== null) return NO_FILE;
  return { kind: 'interactive', interactive: parsed.data, file };
};

const poll: Reader = (_row, part) => {
  const { selectable, ...stored } = orEmpty(part['poll']);
  const parsed = SentPoll.safeParse({ ...stored, multiple: selectable !== 1 });
  return parsed.success ? { kind: 'poll', poll: parsed.data } : 'The poll is not complete.';
};

const template: Reader = ({ file }, part) => {
  const parsed = TemplateRef.safeParse(part['template']);
  if (!parsed.success) return 'The template is not complete.';
  const { name, language, components = [] } = parsed.data;
  if (file === null && storedFileIn(valuesOf({ components })) !== null) return NO_FILE;
  return { kind: 'template', name, language, components, file };
};

const READERS = new Map<string, Reader>([
  ['text', text],
  ...MediaKind.options.map((kind): [string, Reader] => [kind, media(kind)]),
  ['location', location],
  ['contacts', contacts],
  ['interactive', interactive],
  ['poll', poll],
  ['template', template],
]);

/** A reaction on a message that the carrier knows. */
export function reactionContent(row: {
  readonly targetId: string | null;
  readonly targetFromMe: boolean;
  readonly emoji: string;
}): Sendable {
  if (row.targetId === null) return nothing('The message was not delivered, so it cannot be reacted to.');
  const { targetId, targetFromMe, emoji } = row;
  return { content: { kind: 'reaction', targetId, targetFromMe, emoji }, unsendable: null };
}

function nothing(unsendable: string): Sendable {
  return { content: null, unsendable };
}
