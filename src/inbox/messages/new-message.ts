/** From the input of `message:send` to the row that is queued. */
import { fileOf, templateMediaIds } from '../../contract/content.ts';
import { MediaKind } from '../../contract/entities.ts';
import type { MediaId } from '../../contract/ids.ts';
import type { SendInput } from '../../contract/send-input.ts';
import type { NewMessage } from './queries.ts';

/** What the kind decides of the row; pure. Reactions are no messages. */
export function partsOf(input: SendInput): Pick<NewMessage, 'kind' | 'text' | 'content'> {
  const { kind, text = '' } = input;
  if (kind === 'reaction') throw new Error('A reaction is not queued as a message.');
  const words = kind === 'interactive' ? (input.interactive?.body.text ?? '') : text;
  return { kind, text: words.trim() === '' ? null : words, content: contentOf(input) };
}

/** The part under the name that the entity has it by. */
function contentOf({ linkPreview, location, contacts, interactive, template }: SendInput): NewMessage['content'] {
  const parts = { location, contacts, interactive, template, ...(linkPreview === false ? { linkPreview } : {}) };
  const given = Object.entries(parts).filter(([, part]) => part !== undefined);
  return given.length === 0 ? null : Object.fromEntries(given);
}

/** The stored file that a message shows, and as what. */
export interface Attached {
  readonly mediaId: MediaId;
  readonly kind: MediaKind;
  /** Of the input, for a refusal. */
  readonly path: string;
}

/** Null for a message without one. */
export function attachedTo(input: SendInput): Attached | null {
  if (input.mediaId !== undefined) {
    return { mediaId: input.mediaId, kind: MediaKind.parse(input.kind), path: 'mediaId' };
  }
  const [mediaId] = input.template === undefined ? [] : templateMediaIds(input.template);
  if (mediaId === undefined) return null;
  const parameters = (input.template?.components ?? []).flatMap((component) => component.parameters);
  const shown = parameters.find((parameter) => fileOf(parameter) !== null);
  return { mediaId, kind: MediaKind.parse(shown?.type), path: 'template.components' };
}
