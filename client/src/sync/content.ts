/** What a person can send, as the composer submits it. */
import type { MediaKind } from '../../../src/contract/capabilities.ts';
import type {
  SentCard,
  SentLocation,
  SentPoll,
  TemplateParameter,
  TemplateRef,
} from '../../../src/contract/content.ts';
import type { MediaId } from '../../../src/contract/ids.ts';
import type { Interactive } from '../../../src/contract/interactive.ts';
import type { FilePart } from '../../../src/contract/parts.ts';
import { MAX_FILENAME_CHARS } from '../../../src/contract/send-limits.ts';

/** A kind with its content: the content part of the contract's `message:send`. */
export type SendContent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: MediaKind; readonly mediaId: string; readonly text?: string }
  | { readonly kind: 'template'; readonly template: TemplateRef }
  | { readonly kind: 'location'; readonly location: SentLocation }
  | { readonly kind: 'contacts'; readonly contacts: readonly SentCard[] }
  | { readonly kind: 'interactive'; readonly interactive: Interactive }
  | { readonly kind: 'poll'; readonly poll: SentPoll };

/** What a reply may carry besides its content. */
export interface ReplyOptions {
  readonly replyToMessageId?: string;
  /** The newest message on screen; the server refuses with `stale_view` when a newer one exists. */
  readonly seenMessageId?: string;
}

/** A stored file above the text of a question or a template; customers see the name of a document. */
export function filePart(kind: FilePart['type'], mediaId: string, { name }: Pick<File, 'name'>): FilePart {
  const stored = { mediaId: mediaId as MediaId };
  if (kind === 'image') return { type: kind, image: stored };
  if (kind === 'video') return { type: kind, video: stored };
  return { type: kind, document: { ...stored, filename: name.slice(-MAX_FILENAME_CHARS) } };
}

/** A part that may be a file. */
type Part = TemplateParameter | HeaderPart;
type HeaderPart = NonNullable<Extract<Interactive, { header?: unknown }>['header']>;

/** The header above the text; null for none. */
function aboveIn(content: SendContent): Part | null {
  if (content.kind === 'template')
    return content.template.components?.find(({ type }) => type === 'header')?.parameters[0] ?? null;
  return content.kind === 'interactive' && 'header' in content.interactive
    ? (content.interactive.header ?? null)
    : null;
}

function fileOf(part: Part): object | null {
  if (part.type === 'image') return part.image;
  if (part.type === 'video') return part.video;
  return part.type === 'document' ? part.document : null;
}

/** The id of the stored file that a message shows; null if it has none. */
export function fileIn(content: SendContent): string | null {
  if ('mediaId' in content) return content.mediaId;
  const above = aboveIn(content);
  const file = above === null ? null : fileOf(above);
  return file !== null && 'mediaId' in file ? String(file.mediaId) : null;
}
