/** What the composer's button does. */
import type { Account, Thread } from '../../../../src/contract/entities.ts';
import type { Message } from '../../../../src/contract/message.ts';
import { actions, store } from '../../state/app.ts';
import type { ReplyOptions, SendContent } from '../../sync/content.ts';
import type { ChosenFile } from '../../sync/uploader.ts';
import type { FittedFile } from './use-tray.ts';

/** The quoted message, and the newest one on screen. */
function optionsOf(thread: Thread, replyTo: Message | null): ReplyOptions {
  const seen = store.get().machine.inbox.timelines.get(thread.id)?.messages.at(-1)?.id;
  return {
    ...(replyTo === null ? {} : { replyToMessageId: replyTo.id }),
    ...(seen === undefined ? {} : { seenMessageId: seen }),
  };
}

/** Sends one thing to the thread; false when too many commands wait already. */
export function sendReply(thread: Thread, content: SendContent, replyTo: Message | null): boolean {
  return actions.send(thread.id, content, optionsOf(thread, replyTo));
}

function mentionsIn(text: string): readonly string[] {
  const members = [...store.get().machine.inbox.members.values()];
  return members.filter((member) => text.includes(`@${member.displayName}`)).map((member) => member.id);
}

/** Adds an internal note; false when too many commands wait already. */
export function addNote(thread: Thread, text: string): boolean {
  return actions.addNote(thread.id, text, mentionsIn(text));
}

const takesCaption = ({ kind }: FittedFile): boolean => kind === 'image' || kind === 'video' || kind === 'document';

/** Sends files: the text goes under the first that can have one, else as a message of its own. */
export function sendFiles(
  thread: Thread,
  files: readonly FittedFile[],
  text: string,
  replyTo: Message | null,
): boolean {
  const captioned = files.find(takesCaption);
  if (captioned === undefined && text !== '' && !sendReply(thread, { kind: 'text', text }, replyTo)) return false;
  const chosen = files.map(({ file, kind }, index): ChosenFile => ({
    ...{ accountId: thread.accountId, kind, file, voice: false },
    caption: file === captioned?.file ? text : '',
    replyToMessageId: index === 0 ? (replyTo?.id ?? null) : null,
  }));
  actions.sendFiles(thread.id, chosen);
  return true;
}

/** Sends a recording: as a voice message where the number and the format allow it, else as an audio file. */
export function sendVoice(thread: Thread, account: Account | undefined, file: File, replyTo: Message | null): void {
  const voice = account?.capabilities?.voice === true && file.type === 'audio/ogg';
  const chosen = { accountId: thread.accountId, kind: 'audio', file, voice, caption: '' } as const;
  actions.sendFiles(thread.id, [{ ...chosen, replyToMessageId: replyTo?.id ?? null }]);
}
