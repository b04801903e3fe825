/**
 * Bars for rejected commands on the open thread. Messages and notes are left out; they show the error below their text.
 */
import type { ReactNode } from 'react';
import { actions, sameItems, useApp } from '../state/app.ts';
import { conflictingThread, isOutdated } from '../sync/conflict.ts';
import { asksPerson, type DurableName, type Entry } from '../sync/outbox.ts';
import { heldWords, refusalWords } from './refusal-words.ts';

type SaidHere = Exclude<DurableName, 'note:add'>;

/** A command that is shown here. */
type Said = Entry & { readonly name: SaidHere };

const WHAT: Readonly<Record<SaidHere, string>> = {
  'message:send': 'The reaction was not sent.',
  'message:retry': 'The message was not sent again.',
  'media:retry': 'The file was not fetched again.',
  'thread:read': 'Not marked as read.',
  'thread:assign': 'Not assigned.',
  'thread:set-status': 'The status was not changed.',
  'thread:mark-unread': 'Not marked as unread.',
  'thread:set-tags': 'The tags were not changed.',
};

const WANTED: Readonly<Record<SaidHere, string>> = {
  'message:send': 'The reaction',
  'message:retry': 'Sending it again',
  'media:retry': 'Fetching the file again',
  'thread:read': 'Marking it as read',
  'thread:assign': 'The assignment',
  'thread:set-status': 'The new status',
  'thread:mark-unread': 'Marking it as unread',
  'thread:set-tags': 'The change of tags',
};

const isShown = (entry: Entry, threadId: string): entry is Said =>
  entry.threadId === threadId &&
  asksPerson(entry) &&
  entry.name !== 'note:add' &&
  (entry.name !== 'message:send' || entry.input['kind'] === 'reaction');

function Conflict({ entry, assigneeId }: { readonly entry: Said; readonly assigneeId: string | null }): ReactNode {
  const holder = useApp((state) =>
    assigneeId === null ? 'Nobody' : (state.machine.inbox.members.get(assigneeId)?.displayName ?? 'A colleague'),
  );
  return (
    <div className="bar" data-level="warn" role="alert">
      {holder} has this conversation now.
      <button
        type="button"
        className="link"
        onClick={() => {
          actions.retryCommand(entry, ['expectedVersion']);
        }}
      >
        Assign anyway
      </button>
      <button
        type="button"
        className="link"
        onClick={() => {
          actions.dismiss(entry.commandId);
        }}
      >
        Leave it
      </button>
    </div>
  );
}

/** For a conversation that was to be resolved or snoozed. */
function WroteSince({ entry }: { readonly entry: Entry }): ReactNode {
  const isResolve = entry.input['status'] === 'resolved';
  return (
    <div className="bar" data-level="warn" role="alert" data-testid="wrote-since">
      {isResolve ? 'Not resolved.' : 'Not snoozed.'} {entry.error === null ? '' : refusalWords(entry.error)}
      <button
        type="button"
        className="link"
        onClick={() => {
          actions.retryCommand(entry, ['seenMessageId']);
        }}
      >
        {isResolve ? 'Resolve anyway' : 'Snooze anyway'}
      </button>
      <button
        type="button"
        className="link"
        onClick={() => {
          actions.dismiss(entry.commandId);
        }}
      >
        Leave it open
      </button>
    </div>
  );
}

function Refusal({ entry }: { readonly entry: Said }): ReactNode {
  const { error } = entry;
  const thread = error === null ? null : conflictingThread(error);
  if (thread !== null) return <Conflict entry={entry} assigneeId={thread.assigneeId} />;
  if (isOutdated(entry)) return <WroteSince entry={entry} />;
  return (
    <div className="bar" data-level={entry.state === 'held' ? 'warn' : 'bad'} role="alert">
      {entry.state === 'held' || error === null
        ? `${WANTED[entry.name]} is not confirmed yet. ${heldWords(entry)}`
        : `${WHAT[entry.name]} ${refusalWords(error)}`}
      <button
        type="button"
        className="link"
        onClick={() => {
          if (entry.state === 'held') actions.retryHeld();
          else actions.retryCommand(entry);
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
        Dismiss
      </button>
    </div>
  );
}

/** One bar per command, with what can be done about it. */
export function Refusals({ threadId }: { readonly threadId: string }): ReactNode {
  const entries = useApp((state) => state.outbox.filter((entry): entry is Said => isShown(entry, threadId)), sameItems);
  return entries.map((entry) => <Refusal key={entry.commandId} entry={entry} />);
}
