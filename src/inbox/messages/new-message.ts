/** From the input of `message:send` to the row that is queued. */
import { MediaKind } from '../../contract/capabilities.ts';
import { valuesOf } from '../../contract/content.ts';
import type { MediaId } from '../../contract/ids.ts';
import { headerOf } from '../../contract/interactive.ts';
import { storedFileIn } from '../../contract/parts.ts';
import type { SendInput } from '../../contract/send-input.ts';
import type { NewMessage } from './queries.ts';

/**
 * The kind-specific part of the row; pure. Not for reactions, which are not messages. `templateText`: the template's
 * text, if known.
 */
export function partsOf(input: SendInput, templateText: string | null): Pick<NewMessage, 'kind' | 'text' | 'content'> {
  const { kind, text = '' } = input;
  if (kind === 'reaction') throw new Error('A reaction is not queued as a message.');
  const words = templateText ?? spokenBy(input) ?? text;
  return { kind, text: words.trim() === '' ? null : words, content: contentOf(input) };
}

/** The text of a question, by which the message is searched and previewed. */
function spokenBy({ interactive, poll }: SendInput): string | undefined {
  return poll?.question ?? (interactive !== undefined && 'body' in interactive ? interactive.body?.text : undefined);
}

/** The content, under the name that the entity uses. */
function contentOf(input: SendInput): NewMessage['content'] {
  const { linkPreview, location, contacts, interactive, template } = input;
  const plain = linkPreview === false ? { linkPreview } : {};
  const parts = { location, contacts, interactive, template, poll: pollOf(input), ...plain };
  const given = Object.entries(parts).filter(([, part]) => part !== undefined);
  return given.length === 0 ? null : Object.fromEntries(given);
}

/** In the same form as customers' polls, so that votes are counted alike. 0: any number of options may be chosen. */
function pollOf({ poll }: SendInput): object | undefined {
  if (poll === undefined) return undefined;
  const { question, options, multiple } = poll;
  return { question, options, selectable: multiple === true ? 0 : 1 };
}

/** The uploaded file that a message shows, and as which kind. */
export interface Attached {
  readonly mediaId: MediaId;
  readonly kind: MediaKind;
  /** Path of the input field, for a refusal. */
  readonly path: string;
}

/** Null for a message without one. */
export function attachedTo({ kind, mediaId, template, interactive }: SendInput): Attached | null {
  if (mediaId !== undefined) return { mediaId, kind: MediaKind.parse(kind), path: 'mediaId' };
  const inTemplate = template === undefined ? null : storedFileIn(valuesOf(template));
  if (inTemplate !== null) return { ...inTemplate, path: 'template.components' };
  const above = interactive === undefined ? null : storedFileIn(headerOf(interactive));
  return above === null ? null : { ...above, path: 'interactive.header' };
}
