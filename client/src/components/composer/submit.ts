/** The actions behind the composer's send button. */
import type { Account, Thread } from '../../../../src/contract/entities.ts';
import type { Message } from '../../../../src/contract/message.ts';
import { actions, store } from '../../state/app.ts';
import { lastSeenId } from '../../state/reading.ts';
import { filePart, type ReplyOptions, type SendContent } from '../../sync/content.ts';
import { MAX_CAPTION_CHARS } from '../../../../src/contract/send-limits.ts';
import type { ChosenFile } from '../../sync/uploader.ts';
import { namedIn } from './mention.ts';
import type { AboveFile } from './question.ts';
import type { ContentWith } from './sheet-frame.tsx';
import type { FittedFile } from './use-tray.ts';

/** Ids of the quoted message and of the newest message that this person can have seen. */
function optionsOf(thread: Thread, replyTo: Message | null): ReplyOptions {
  const timeline = store.get().machine.inbox.timelines.get(thread.id);
  const seen = timeline === undefined ? undefined : lastSeenId(timeline, thread.unreadCount);
  return {
    ...(replyTo === null ? {} : { replyToMessageId: replyTo.id }),
    ...(seen === undefined ? {} : { seenMessageId: seen }),
  };
}

/** Sends one message to the thread. Returns false when too many commands are waiting. */
export function sendReply(thread: Thread, content: SendContent, replyTo: Message | null): boolean {
  return actions.send(thread.id, content, optionsOf(thread, replyTo));
}

/** Adds an internal note. Returns false when too many commands are waiting. */
export function addNote(thread: Thread, text: string): boolean {
  return actions.addNote(thread.id, text, namedIn(text, [...store.get().machine.inbox.members.values()]));
}

const takesCaption = ({ kind }: FittedFile): boolean => kind === 'image' || kind === 'video' || kind === 'document';

/**
 * Sends files. The text becomes the caption of the first file that can have one. If none can, or the text is too long for
 * a caption, it goes before them as a message. Returns false when too many commands are waiting for that message.
 */
export function sendFiles(
  thread: Thread,
  files: readonly FittedFile[],
  text: string,
  replyTo: Message | null,
): boolean {
  const captioned = text.length > MAX_CAPTION_CHARS ? undefined : files.find(takesCaption);
  if (captioned === undefined && text !== '' && !sendReply(thread, { kind: 'text', text }, replyTo)) return false;
  const chosen = files.map(({ file, kind }, index): ChosenFile => ({
    accountId: thread.accountId,
    kind,
    file,
    voice: false,
    contentWith: (mediaId) => ({ kind, mediaId, ...(file === captioned?.file && text !== '' ? { text } : {}) }),
    replyToMessageId: index === 0 ? (replyTo?.id ?? null) : null,
  }));
  actions.sendFiles(thread.id, chosen);
  return true;
}

/**
 * Sends at once, or uploads the header file first. Returns false when there is no file and too many commands are
 * waiting.
 */
export function sendBelow(
  thread: Thread,
  contentWith: ContentWith,
  above: AboveFile | null,
  replyTo: Message | null,
): boolean {
  if (above === null) return sendReply(thread, contentWith(null), replyTo);
  const { file, kind } = above;
  const chosen: ChosenFile = {
    accountId: thread.accountId,
    kind,
    file,
    voice: false,
    contentWith: (mediaId) => contentWith(filePart(kind, mediaId, file)),
    replyToMessageId: replyTo?.id ?? null,
  };
  actions.sendFiles(thread.id, [chosen]);
  return true;
}

/** Sends a recording as a voice message if the number and the format allow it, else as an audio file. */
export function sendVoice(thread: Thread, account: Account | undefined, file: File, replyTo: Message | null): void {
  const voice = account?.capabilities?.voice === true && file.type === 'audio/ogg';
  const kind = 'audio';
  const contentWith = (mediaId: string): SendContent => ({ kind, mediaId });
  const chosen = { accountId: thread.accountId, kind, file, voice, contentWith } as const;
  actions.sendFiles(thread.id, [{ ...chosen, replyToMessageId: replyTo?.id ?? null }]);
}
