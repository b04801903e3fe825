/** The text field and its attachments. Enter sends, Shift+Enter breaks the line. */
import { useCallback, useState, type ClipboardEvent, type KeyboardEvent, type ReactNode, type RefObject } from 'react';
import type { Account, Thread } from '../../../../src/contract/entities.ts';
import type { SavedReply } from '../../../../src/contract/saved-replies.ts';
import type { Message } from '../../../../src/contract/message.ts';
import type { Draft } from '../../state/store.ts';
import { MOST_NAMED } from '../../../../src/contract/count-limit.ts';
import { MAX_TEXT_CHARS } from '../../../../src/contract/send-limits.ts';
import { filesOf } from '../../sync/stored-file.ts';
import { isOfComposition } from '../composition.ts';
import { Icon } from '../icons.tsx';
import { Quoted } from '../quote.tsx';
import type { FormName } from '../../state/forms.ts';
import { composerPort } from './composer-port.ts';
import type { Mode } from './composer-tabs.tsx';
import { Hint } from './hint.tsx';
import { MentionList } from './mention-list.tsx';
import { listedBy } from '../pick-list.tsx';
import { Recorder } from './recorder.tsx';
import { SavedReplyButton } from './saved-reply-button.tsx';
import { filled } from './saved-reply.ts';
import { SavedReplyList } from './saved-reply-list.tsx';
import { addNote, sendFiles, sendReply, sendVoice } from './submit.ts';
import { Toolbar } from './toolbar.tsx';
import { TrayView } from './tray.tsx';
import { useGrowing } from './use-draft.ts';
import { useMention, useNamed } from './use-mention.ts';
import { useFilling, useSavedReplies } from './use-saved-replies.ts';
import { NOTHING, useTray, type Tray } from './use-tray.ts';
import { useTyping } from './use-typing.ts';

interface WriterProps {
  readonly thread: Thread;
  readonly account: Account | undefined;
  readonly mode: Mode;
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  readonly area: RefObject<HTMLTextAreaElement | null>;
  readonly replyTo: Message | null;
  readonly onReplyDone: () => void;
  readonly onSheet: (sheet: FormName) => void;
}

function QuoteBar({ message, onClear }: { readonly message: Message; readonly onClear: () => void }): ReactNode {
  return (
    <div className="composer-quote">
      <Quoted message={message} />
      <button type="button" className="icon-button" aria-label="Do not quote" onClick={onClear}>
        <Icon name="close" size={14} />
      </button>
    </div>
  );
}

const isSendKey = (event: KeyboardEvent): boolean =>
  event.key === 'Enter' && !event.shiftKey && !isOfComposition(event.nativeEvent);

function placeholderOf({ mode, thread }: WriterProps, hasFiles: boolean): string {
  if (mode === 'note') return 'Write a note. @ mentions a colleague';
  return hasFiles ? 'Add a caption' : `Reply to ${thread.contact.displayName}`;
}

/** What the button and the Enter key do. Returns false when the message was not accepted. */
function submitOf({ thread, mode, replyTo }: WriterProps, text: string, tray: Tray): boolean {
  if (mode === 'note') return addNote(thread, text);
  if (tray.fitted.length === 0) return sendReply(thread, { kind: 'text', text }, replyTo);
  const isTaken = sendFiles(thread, tray.fitted, text, replyTo);
  if (isTaken) tray.clear();
  return isTaken;
}

/** Inserts text at the cursor. */
function useInsert({ area, mode, draft, change }: WriterProps): (text: string) => void {
  const before = draft[mode];
  return useCallback(
    (text) => {
      const { selectionStart: start, selectionEnd: end } = area.current ?? { selectionStart: 0, selectionEnd: 0 };
      change({ [mode]: before.slice(0, start) + text + before.slice(end) });
      area.current?.focus();
    },
    [area, mode, before, change],
  );
}

type TextProps = WriterProps & { readonly writer: WriterState };

/** What can be inserted while it is typed: colleagues in a note, and saved replies. */
function useOffers({ mode, draft, change, area, writer }: TextProps) {
  const onText = (text: string): void => {
    change({ [mode]: text });
  };
  const mention = useMention({ isOn: mode === 'note', area, text: draft.note, onText });
  const replies = useSavedReplies({
    ...{ area, text: draft[mode] },
    onPick: (reply) => {
      writer.takeReply(reply, onText);
    },
  });
  return {
    mention,
    replies,
    listed: mention.items.length > 0 ? listedBy(mention) : listedBy(replies),
    follow: (): void => {
      mention.follow();
      replies.follow();
    },
    close: (): void => {
      mention.close();
      replies.close();
    },
    onKey: (event: KeyboardEvent): boolean => mention.onKey(event) || replies.onKey(event),
  };
}

function Text(props: TextProps): ReactNode {
  const { mode, draft, change, area, writer } = props;
  const { tray, typing } = writer;
  useGrowing(area, draft[mode]);
  const offers = useOffers(props);
  const onPaste = (event: ClipboardEvent): void => {
    const files = [...event.clipboardData.files];
    if (mode === 'note' || files.length === 0) return;
    event.preventDefault();
    tray.add(files);
  };
  return (
    <div className="composer-field">
      <MentionList mention={offers.mention} />
      <SavedReplyList choice={offers.replies} filling={writer.filling} can={writer.can} />
      <textarea
        ref={area}
        className="composer-text"
        data-testid="composer"
        dir="auto"
        rows={1}
        value={draft[mode]}
        placeholder={placeholderOf(props, tray.fitted.length > 0)}
        aria-label={mode === 'note' ? 'Internal note' : 'Reply'}
        {...offers.listed}
        onChange={(event) => {
          change({ [mode]: event.target.value });
          typing.note(event.target.value);
          offers.follow();
        }}
        onSelect={offers.follow}
        onPaste={onPaste}
        onBlur={() => {
          typing.stop();
          offers.close();
        }}
        onKeyDown={(event) => {
          if (offers.onKey(event) || !isSendKey(event)) return;
          event.preventDefault();
          // An Enter key still held down after submitting a form must not send the text.
          if (!event.repeat) writer.submit();
        }}
      />
    </div>
  );
}

type WriterState = ReturnType<typeof useWriter>;

function useWriter(props: WriterProps) {
  const { thread, account, mode, draft, change, area, onReplyDone } = props;
  const tray = useTray(thread.id, account);
  const typing = useTyping(thread.id, mode === 'reply');
  const filling = useFilling(thread);
  const text = draft[mode].trim();
  const hasFiles = mode === 'reply' && tray.fitted.length > 0;
  const left = MAX_TEXT_CHARS - draft[mode].length;
  const named = useNamed(mode, text);
  const canSend = (text !== '' || hasFiles) && left >= 0 && named <= MOST_NAMED;
  return {
    tray,
    typing,
    filling,
    /** What files can be attached; null in a note. */
    can: mode === 'reply' ? (account?.capabilities ?? NOTHING) : null,
    hasFiles,
    left,
    named,
    canSend,
    /** `put`: where its text goes. */
    takeReply: (reply: SavedReply, put: (words: string) => void): void => {
      put(filled(reply.text, filling));
      if (mode === 'reply') tray.add(filesOf(reply));
    },
    submit: (): void => {
      if (!canSend || !submitOf(props, text, tray)) return;
      change({ [mode]: '' });
      typing.stop();
      onReplyDone();
      area.current?.focus();
    },
  };
}

function Foot(props: WriterProps & { writer: WriterState; onRecord: () => void }): ReactNode {
  const { account, mode, onSheet, onRecord, writer } = props;
  const insert = useInsert(props);
  const capabilities = account?.capabilities;
  const isReply = mode === 'reply';
  const replies = (
    <SavedReplyButton
      {...writer}
      onPick={(reply) => {
        writer.takeReply(reply, insert);
      }}
    />
  );
  return (
    <div className="composer-foot">
      {isReply && capabilities !== undefined ? (
        <Toolbar
          capabilities={capabilities}
          onFiles={writer.tray.add}
          onEmoji={insert}
          onSheet={onSheet}
          onRecord={onRecord}
        >
          {replies}
        </Toolbar>
      ) : null}
      {isReply ? null : (
        <div className="composer-tools" role="toolbar" aria-label="Add to the note">
          {replies}
        </div>
      )}
      <Hint left={writer.left} named={writer.named} mode={mode} hasFiles={writer.hasFiles} />
      <button
        type="button"
        className="button button-primary"
        data-testid="send"
        disabled={!writer.canSend}
        onClick={({ detail }) => {
          // The second click of a double click was meant for the form that was here before.
          if (detail < 2) writer.submit();
        }}
      >
        <Icon name={isReply ? 'send' : 'note'} size={16} />
        {isReply ? 'Send' : 'Add note'}
      </button>
    </div>
  );
}

function TextWriter(props: WriterProps & { onRecord: () => void }): ReactNode {
  const { mode, replyTo, onReplyDone } = props;
  const writer = useWriter(props);
  const isReply = mode === 'reply';
  return (
    <>
      {replyTo === null || !isReply ? null : <QuoteBar message={replyTo} onClear={onReplyDone} />}
      {isReply ? <TrayView tray={writer.tray} /> : null}
      <Text {...props} writer={writer} />
      <Foot {...props} writer={writer} />
    </>
  );
}

/** Shows the text field with files, tools and button, or a voice message being recorded. */
export function Writer(props: WriterProps): ReactNode {
  const { thread, account, replyTo, onReplyDone } = props;
  const [isRecording, setRecording] = useState(false);
  const tray = useTray(thread.id, account);
  const can = account?.capabilities;
  if (!isRecording || can === undefined) {
    const record = (): void => {
      setRecording(true);
    };
    return <TextWriter {...props} onRecord={record} />;
  }
  return (
    <Recorder
      can={can}
      onFile={(file) => {
        sendVoice(thread, account, file, replyTo);
        onReplyDone();
      }}
      onLeft={(file) => {
        tray.add([file]);
      }}
      onDone={() => {
        setRecording(false);
        composerPort.current?.focus('reply');
      }}
    />
  );
}
