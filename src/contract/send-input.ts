/** The input of `message:send`: one kind and its content. Anything that would silently be ignored is refused. */
import { z } from 'zod';
import { SentCard, SentLocation, SentPoll, TemplateRef } from './content.ts';
import { AccountId, CommandId, MediaId, MessageId, ThreadId } from './ids.ts';
import { Interactive } from './interactive.ts';
import { MAX_CAPTION_CHARS, MAX_TEXT_CHARS } from './send-limits.ts';

const SENDABLE_KINDS = [
  'text',
  'image',
  'audio',
  'video',
  'document',
  'sticker',
  'location',
  'contacts',
  'interactive',
  'poll',
  'template',
  'reaction',
] as const;
/** Every kind that can be sent; a number's capabilities say which it supports. */
export type SendableKind = (typeof SENDABLE_KINDS)[number];

const Priority = z.enum(['agent', 'automatic']);
/** Who is waiting for a send: between conversations, a person's answer overtakes what programs send. */
export type Priority = z.infer<typeof Priority>;

const emoji = z.string().max(32);

const fields = {
  commandId: CommandId.optional(),
  threadId: ThreadId.optional(),
  accountId: AccountId.optional(),
  to: z.string().trim().min(3).max(140).optional(),
  kind: z.enum(SENDABLE_KINDS),
  /** The text, or the caption of an image, a video or a document. */
  text: z.string().max(MAX_TEXT_CHARS).optional(),
  /** For a text: false shows no preview of a link in it. Default: a preview. */
  linkPreview: z.boolean().optional(),
  mediaId: MediaId.optional(),
  template: TemplateRef.optional(),
  location: SentLocation.optional(),
  contacts: z.array(SentCard).min(1).max(10).optional(),
  interactive: Interactive.optional(),
  poll: SentPoll.optional(),
  reaction: z.strictObject({ messageId: MessageId, emoji }).optional(),
  replyToMessageId: MessageId.optional(),
  seenMessageId: MessageId.optional(),
  /** Default `agent`. */
  priority: Priority.optional(),
};
type Field = keyof typeof fields;

/** The field that each kind needs, and the one it may have. */
const PARTS: Readonly<Record<SendableKind, { readonly needs: Field; readonly may?: Field }>> = {
  text: { needs: 'text', may: 'linkPreview' },
  image: { needs: 'mediaId', may: 'text' },
  video: { needs: 'mediaId', may: 'text' },
  document: { needs: 'mediaId', may: 'text' },
  audio: { needs: 'mediaId' },
  sticker: { needs: 'mediaId' },
  location: { needs: 'location' },
  contacts: { needs: 'contacts' },
  interactive: { needs: 'interactive' },
  poll: { needs: 'poll' },
  template: { needs: 'template' },
  reaction: { needs: 'reaction' },
};
const CONTENT: readonly Field[] = [
  ...new Set(Object.values(PARTS).flatMap(({ needs, may }) => (may === undefined ? [needs] : [needs, may]))),
];

export const SendInput = z.strictObject(fields).superRefine((input, context) => {
  const must = (path: Field, holds: boolean, message: string): void => {
    if (!holds) context.addIssue({ code: 'custom', path: [path], message });
  };
  const byAddress = input.accountId !== undefined && input.to !== undefined;
  must('threadId', (input.threadId !== undefined) !== byAddress, 'give either threadId, or accountId together with to');
  const { needs, may } = PARTS[input.kind];
  for (const field of CONTENT) {
    const present = field === 'text' ? (input.text ?? '').trim() !== '' : input[field] !== undefined;
    if (field === needs) must(field, present, `is required for kind ${input.kind}`);
    else if (field !== may) must(field, !present, `does not belong to kind ${input.kind}`);
  }
  const isCaption = input.kind !== 'text' && may === 'text';
  const captionFits = !isCaption || (input.text ?? '').length <= MAX_CAPTION_CHARS;
  must('text', captionFits, `must be at most ${String(MAX_CAPTION_CHARS)} characters under an attachment`);
});
export type SendInput = z.infer<typeof SendInput>;
