/** From a stored row to what a carrier is asked to send. */
import { TemplateRef } from '../../../contract/content.ts';
import type { SendRequest } from '../../../providers/sending.ts';

/** The content to send, or why this row can not be sent. */
export type Sendable =
  | { readonly content: SendRequest['content']; readonly unsendable: null }
  | { readonly content: null; readonly unsendable: string };

/** Reads kind, text and the kind-specific part of a message row; never throws. */
export function messageContent(row: {
  readonly kind: string;
  readonly text: string | null;
  readonly content: unknown;
}): Sendable {
  if (row.kind === 'text') {
    if (row.text === null || row.text === '') return nothing('The message has no text.');
    return { content: { kind: 'text', text: row.text }, unsendable: null };
  }
  if (row.kind === 'template') {
    const parsed = TemplateRef.safeParse((row.content as { template?: unknown } | null)?.template);
    if (!parsed.success) return nothing('The template is not complete.');
    const { name, language, components } = parsed.data;
    return { content: { kind: 'template', name, language, components: components ?? [] }, unsendable: null };
  }
  return nothing('This kind of message cannot be sent yet.');
}

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
