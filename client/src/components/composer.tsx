/** Where replies and notes are written. Enter sends, Shift+Enter breaks the line; drafts are kept per thread. */
import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
} from 'react';
import type { Account, Message, Thread } from '../../../src/contract/entities.ts';
import { actions, store, useApp } from '../state/app.ts';
import { MAX_TEXT } from '../sync/limits.ts';
import type { Draft } from '../state/store.ts';
import { composerPort } from './composer-port.ts';
import { Icon } from './icons.tsx';
import { summaryOf } from './message-content.tsx';
import { TemplateForm } from './template-form.tsx';
import { useTyping } from './use-typing.ts';
import { useWindow, WindowBadge } from './window-badge.tsx';

const MAX_HEIGHT_PX = 220;

type Mode = 'reply' | 'note';

interface ComposerProps {
  readonly thread: Thread;
  readonly account: Account | undefined;
  readonly replyTo: Message | null;
  readonly onReplyDone: () => void;
}

const EMPTY: Draft = { reply: '', note: '' };

function useDraft(threadId: string): readonly [Draft, (change: Partial<Draft>) => void] {
  const [draft, setDraft] = useState<Draft>(() => store.get().drafts[threadId] ?? EMPTY);
  const change = useCallback(
    (part: Partial<Draft>) => {
      setDraft((before) => {
        const next = { ...before, ...part };
        // The store hears of it after this render, never during it.
        queueMicrotask(() => {
          actions.saveDraft(threadId, next);
        });
        return next;
      });
    },
    [threadId],
  );
  return [draft, change];
}

function useGrowing(area: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const element = area.current;
    if (element === null) return;
    element.style.height = 'auto';
    element.style.height = `${String(Math.min(MAX_HEIGHT_PX, element.scrollHeight))}px`;
  }, [area, text]);
}

function mentionsIn(text: string): readonly string[] {
  const members = [...store.get().machine.inbox.members.values()];
  return members.filter((member) => text.includes(`@${member.displayName}`)).map((member) => member.id);
}

function send(thread: Thread, mode: Mode, text: string, replyTo: Message | null): boolean {
  if (mode === 'note') return actions.addNote(thread.id, text, mentionsIn(text));
  const seen = store.get().machine.inbox.timelines.get(thread.id)?.messages.at(-1)?.id;
  return actions.sendText(thread.id, text, {
    ...(replyTo === null ? {} : { replyToMessageId: replyTo.id }),
    ...(seen === undefined ? {} : { seenMessageId: seen }),
  });
}

function Tabs({ mode, onMode }: { readonly mode: Mode; readonly onMode: (mode: Mode) => void }): ReactNode {
  return (
    <div className="composer-tabs" role="tablist" aria-label="What to write">
      <button
        type="button"
        role="tab"
        aria-selected={mode === 'reply'}
        onClick={() => {
          onMode('reply');
        }}
      >
        Reply
      </button>
      <button
        type="button"
        role="tab"
        aria-selected={mode === 'note'}
        data-testid="note-toggle"
        onClick={() => {
          onMode(mode === 'note' ? 'reply' : 'note');
        }}
      >
        <Icon name="lock" size={14} />
        Internal note
      </button>
    </div>
  );
}

function QuoteBar({ message, onClear }: { readonly message: Message; readonly onClear: () => void }): ReactNode {
  return (
    <div className="composer-quote">
      <Icon name="reply" size={16} />
      <span>{summaryOf(message)}</span>
      <button type="button" className="icon-button" aria-label="Do not quote" onClick={onClear}>
        <Icon name="close" size={14} />
      </button>
    </div>
  );
}

function Hint({ text, mode }: { readonly text: string; readonly mode: Mode }): ReactNode {
  const left = MAX_TEXT - text.length;
  const isOffline = useApp((state) => state.machine.phase === 'offline');
  if (left < 200)
    return (
      <span data-level={left < 0 ? 'bad' : 'warn'}>
        {left < 0 ? `${String(-left)} characters too many` : `${String(left)} left`}
      </span>
    );
  if (isOffline) return <span data-level="warn">Offline: will be sent when the connection is back</span>;
  return <span>{mode === 'note' ? 'Only your team sees this' : 'Enter sends, Shift+Enter for a new line'}</span>;
}

function usePort(
  area: RefObject<HTMLTextAreaElement | null>,
  setMode: (mode: Mode) => void,
  append: (text: string) => void,
): void {
  useEffect(() => {
    // At once, so that what is typed next is text and not a shortcut; again if the field only comes with the other mode.
    const focus = (): void => {
      area.current?.focus();
      if (area.current === null) setTimeout(() => area.current?.focus(), 0);
    };
    composerPort.current = {
      focus: (mode) => {
        setMode(mode);
        focus();
      },
      restore: (text) => {
        setMode('reply');
        append(text);
        focus();
      },
    };
    return () => {
      composerPort.current = null;
    };
  }, [area, setMode, append]);
}

const isSendKey = (event: KeyboardEvent): boolean =>
  event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing;

function Writer(
  props: ComposerProps & {
    mode: Mode;
    draft: Draft;
    change: (part: Partial<Draft>) => void;
    area: RefObject<HTMLTextAreaElement | null>;
  },
): ReactNode {
  const { thread, mode, draft, change, area, replyTo, onReplyDone } = props;
  const text = draft[mode];
  const typing = useTyping(thread.id, mode === 'reply');
  useGrowing(area, text);
  const canSend = text.trim() !== '' && text.length <= MAX_TEXT;
  const submit = (): void => {
    if (!canSend || !send(thread, mode, text.trim(), replyTo)) return;
    change({ [mode]: '' });
    typing.stop();
    onReplyDone();
  };
  return (
    <>
      {replyTo === null || mode === 'note' ? null : <QuoteBar message={replyTo} onClear={onReplyDone} />}
      <textarea
        ref={area}
        className="composer-text"
        data-testid="composer"
        dir="auto"
        rows={1}
        value={text}
        placeholder={
          mode === 'note' ? 'Write a note. @Name mentions a colleague' : `Reply to ${thread.contact.displayName}`
        }
        aria-label={mode === 'note' ? 'Internal note' : 'Reply'}
        onChange={(event) => {
          change({ [mode]: event.target.value });
          typing.note(event.target.value);
        }}
        onBlur={typing.stop}
        onKeyDown={(event) => {
          if (!isSendKey(event)) return;
          event.preventDefault();
          submit();
        }}
      />
      <div className="composer-foot">
        <Hint text={text} mode={mode} />
        <button type="button" className="button button-primary" data-testid="send" disabled={!canSend} onClick={submit}>
          <Icon name={mode === 'note' ? 'note' : 'send'} size={16} />
          {mode === 'note' ? 'Add note' : 'Send'}
        </button>
      </div>
    </>
  );
}

/** The composer of one thread; give it a `key` per thread. */
export function Composer(props: ComposerProps): ReactNode {
  const { thread, account } = props;
  const [mode, setMode] = useState<Mode>('reply');
  const [draft, change] = useDraft(thread.id);
  const area = useRef<HTMLTextAreaElement>(null);
  const window = useWindow(thread, account);
  const append = useCallback(
    (text: string) => {
      change({ reply: [store.get().drafts[thread.id]?.reply ?? '', text].filter(Boolean).join('\n') });
    },
    [change, thread.id],
  );
  usePort(area, setMode, append);
  useEffect(() => {
    if (props.replyTo !== null) composerPort.current?.focus('reply');
  }, [props.replyTo]);
  const needsTemplate = mode === 'reply' && window.level === 'closed';
  return (
    <div className="composer" data-mode={mode}>
      <div className="composer-head">
        <Tabs mode={mode} onMode={setMode} />
        <WindowBadge window={window} />
      </div>
      {needsTemplate ? (
        <TemplateForm threadId={thread.id} />
      ) : (
        <Writer {...props} mode={mode} draft={draft} change={change} area={area} />
      )}
    </div>
  );
}
