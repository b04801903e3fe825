/** A message or note that is on its way to our server, or was rejected by it. */
import { memo, type ReactNode } from 'react';
import type { ErrorBody } from '../../../src/contract/errors.ts';
import type { Message } from '../../../src/contract/message.ts';
import { actions, useApp } from '../state/app.ts';
import { isStale } from '../sync/conflict.ts';
import type { SendContent } from '../sync/content.ts';
import type { Entry } from '../sync/outbox.ts';
import type { Mode } from './composer/composer-tabs.tsx';
import { EchoContent } from './echo-content.tsx';
import { timeOf } from './format.ts';
import { Icon } from './icons.tsx';
import { Quoted } from './quote.tsx';
import { heldWords, refusalWords } from './refusal-words.ts';
import { RichText } from './rich-text-view.tsx';
import { Ticks } from './ticks.tsx';

interface EchoProps {
  readonly entry: Entry;
  /** Puts the text back into the composer. */
  readonly onEdit: (mode: Mode, text: string) => void;
}

function Refused({ entry, error, text, onEdit }: EchoProps & { error: ErrorBody; text: string | null }): ReactNode {
  const isOutdated = isStale(error);
  const isNote = entry.name === 'note:add';
  const edit = (): void => {
    actions.dismiss(entry.commandId);
    onEdit(isNote ? 'note' : 'reply', text ?? '');
  };
  return (
    <div className="trouble" data-level={isOutdated ? 'warn' : 'bad'} role="alert">
      <span>
        {isNote ? 'Not saved.' : 'Not sent.'} {refusalWords(error)}
      </span>
      {error.code === 'window_closed' ? null : (
        <button
          type="button"
          className="link"
          onClick={() => {
            actions.retryCommand(entry, isOutdated ? ['seenMessageId'] : []);
          }}
        >
          {isOutdated ? 'Send anyway' : 'Try again'}
        </button>
      )}
      {text === null ? null : (
        <button type="button" className="link" onClick={edit}>
          Edit
        </button>
      )}
      <button
        type="button"
        className="link"
        onClick={() => {
          actions.dismiss(entry.commandId);
        }}
      >
        Discard
      </button>
    </div>
  );
}

/** The command may already have been carried out, so it can be retried or discarded, but not edited. */
function Held({ entry }: { readonly entry: Entry }): ReactNode {
  return (
    <div className="trouble" data-level="warn">
      <span>Not confirmed yet. {heldWords(entry)}</span>
      <button
        type="button"
        className="link"
        onClick={() => {
          actions.retryHeld();
        }}
      >
        Try again
      </button>
      <button
        type="button"
        className="link"
        onClick={() => {
          actions.dismiss(entry.commandId);
        }}
      >
        Discard
      </button>
    </div>
  );
}

/** The outcome, if the person has to know about it. */
function Outcome(props: EchoProps & { readonly text: string | null }): ReactNode {
  const { entry } = props;
  if (entry.state === 'held') return <Held entry={entry} />;
  return entry.state === 'rejected' && entry.error !== null ? <Refused {...props} error={entry.error} /> : null;
}

function NoteEcho({ entry, onEdit }: EchoProps): ReactNode {
  const author = useApp(({ machine: { inbox } }) => inbox.members.get(inbox.me ?? '')?.displayName);
  const text = String(entry.input['text']);
  return (
    <div className="note" data-testid="note" data-status={entry.state === 'rejected' ? 'failed' : 'queued'}>
      <div className="note-head">
        <Icon name="clock" size={14} />
        <strong>{author}</strong>
        <span>{entry.state === 'inflight' ? 'internal note' : 'internal note, not saved yet'}</span>
        <time dateTime={entry.createdAt}>{timeOf(entry.createdAt)}</time>
      </div>
      <RichText text={text} />
      <Outcome entry={entry} text={text} onEdit={onEdit} />
    </div>
  );
}

interface EchoBubbleProps extends EchoProps {
  readonly isFirst: boolean;
  /** The message it replies to. */
  readonly quoted: Message | null;
}

/** The local echo of a message or note. The real one replaces it; a message has the same key. */
export const EchoBubble = memo(function EchoBubble(props: EchoBubbleProps): ReactNode {
  const { entry, isFirst, quoted, onEdit } = props;
  if (entry.name === 'note:add') return <NoteEcho entry={entry} onEdit={onEdit} />;
  const isText = entry.input['kind'] === 'text';
  const text = isText ? String(entry.input['text']) : null;
  const status = entry.state === 'rejected' ? 'failed' : 'queued';
  return (
    <div
      className="message"
      data-testid="message"
      data-first={isFirst}
      data-direction="outbound"
      data-status={status}
      data-command-id={entry.commandId}
    >
      <div className="bubble-line">
        <div className="bubble">
          {isFirst ? <div className="author">You</div> : null}
          {quoted === null ? null : (
            <div className="quote">
              <Quoted message={quoted} />
            </div>
          )}
          <EchoContent content={entry.input as unknown as SendContent} />
          <span className="footer">
            <time dateTime={entry.createdAt}>{timeOf(entry.createdAt)}</time>
            <Ticks status={status} />
          </span>
        </div>
      </div>
      <Outcome entry={entry} text={text} onEdit={onEdit} />
    </div>
  );
});
