/** Where replies and notes are written. Drafts are kept per thread. */
import { useCallback, useEffect, useRef, useState, type ReactNode, type RefObject } from 'react';
import type { Account, Thread } from '../../../../src/contract/entities.ts';
import type { Message } from '../../../../src/contract/message.ts';
import { actions, store } from '../../state/app.ts';
import { filesOf } from '../../sync/stored-file.ts';
import { useWindow, WindowBadge } from '../window-badge.tsx';
import type { FormName } from '../../state/forms.ts';
import { composerPort } from './composer-port.ts';
import { ComposerTabs, type Mode } from './composer-tabs.tsx';
import { OpenSheet } from './open-sheet.tsx';
import { filled } from './saved-reply.ts';
import { useDraft } from './use-draft.ts';
import { useFocusOver } from './use-focus-over.ts';
import { Writer } from './writer.tsx';

interface ComposerProps {
  readonly thread: Thread;
  readonly account: Account | undefined;
  readonly replyTo: Message | null;
  readonly onReplyDone: () => void;
}

interface PortInput {
  readonly threadId: string;
  readonly area: RefObject<HTMLTextAreaElement | null>;
  readonly setMode: (mode: Mode) => void;
  readonly append: (mode: Mode, text: string) => void;
}

function usePort({ threadId, area, setMode, append }: PortInput): void {
  useEffect(() => {
    // Focus at once, so that the next keys are text and not shortcuts. Retry when the field only appears with the other
    // mode.
    const focus = (): void => {
      area.current?.focus();
      if (area.current === null) setTimeout(() => area.current?.focus(), 0);
    };
    const restore = (mode: Mode, text: string): void => {
      setMode(mode);
      append(mode, text);
      focus();
    };
    composerPort.current = {
      focus: (mode) => {
        setMode(mode);
        focus();
      },
      restore,
      insert: (reply, filling) => {
        actions.addFiles(threadId, filesOf(reply));
        restore('reply', filled(reply.text, filling));
      },
    };
    return () => {
      composerPort.current = null;
    };
  }, [threadId, area, setMode, append]);
}

/** The composer of one thread; give it a `key` per thread. */
export function Composer(props: ComposerProps): ReactNode {
  const { thread, account } = props;
  const [mode, setMode] = useState<Mode>('reply');
  const [sheet, setSheet] = useState<FormName | null>(null);
  const [draft, change] = useDraft(thread.id);
  const area = useRef<HTMLTextAreaElement>(null);
  const composer = useFocusOver();
  const window = useWindow(thread, account);
  const append = useCallback(
    (to: Mode, text: string) => {
      change({ [to]: [store.get().drafts[thread.id]?.[to] ?? '', text].filter(Boolean).join('\n') });
    },
    [change, thread.id],
  );
  const write = useCallback((next: Mode) => {
    setMode(next);
    setSheet(null);
  }, []);
  usePort({ threadId: thread.id, area, setMode: write, append });
  useEffect(() => {
    if (props.replyTo !== null) composerPort.current?.focus('reply');
  }, [props.replyTo]);
  const needsTemplate = mode === 'reply' && window.level === 'closed';
  const close = (): void => {
    composerPort.current?.focus('reply');
  };
  return (
    <div ref={composer} className="composer" data-mode={mode}>
      <div className="composer-head">
        <ComposerTabs mode={mode} onMode={(next) => composerPort.current?.focus(next)} />
        <WindowBadge window={window} />
      </div>
      {needsTemplate ? <OpenSheet {...props} sheet="template" /> : null}
      {!needsTemplate && sheet !== null ? <OpenSheet {...props} sheet={sheet} onClose={close} /> : null}
      {!needsTemplate && sheet === null ? (
        <Writer {...props} mode={mode} draft={draft} change={change} area={area} onSheet={setSheet} />
      ) : null}
    </div>
  );
}
