/** The form of one saved reply, also while somebody else changes or removes it. */
import { useState } from 'react';
import type { ErrorBody } from '../../../../src/contract/errors.ts';
import type { CommandId } from '../../../../src/contract/ids.ts';
import type { SavedReply, SavedReplyFile } from '../../../../src/contract/saved-replies.ts';
import { problemsOf } from '../../components/field-problems.ts';
import { actions, useApp } from '../../state/app.ts';
import type { Answered } from '../../sync/admin-actions.ts';

/** What is typed and added. */
export interface ReplyDraft {
  readonly shortcut: string;
  readonly text: string;
  readonly files: readonly SavedReplyFile[];
}

/** What became of the reply since the form was opened; null: nothing. */
export type Meanwhile = { readonly what: 'changed'; readonly to: SavedReply } | { readonly what: 'removed' } | null;

type Problems = ReadonlyMap<string, string>;

/** The reply that a refusal shows, if there is one. */
function shownBy({ code, details }: ErrorBody): SavedReply | null {
  if (code !== 'conflict' || typeof details !== 'object' || details === null) return null;
  return (details as { readonly savedReply?: SavedReply }).savedReply ?? null;
}

/** Problems by field. A conflict with another reply is one of the shortcut. */
function fieldProblems(error: ErrorBody | null, id: string | null): Problems {
  const other = error === null ? null : shownBy(error);
  if (other === null || other.id === id) return problemsOf(error);
  return new Map([['shortcut', 'is the shortcut of another saved reply']]);
}

const NEW = { shortcut: '', text: '', files: [], version: 0 };

const newCommandId = (): CommandId => crypto.randomUUID() as CommandId;

type Saved = Answered<'saved-reply:create' | 'saved-reply:update'>;

/** `reply`: the one to change; null for a new one. `onSaved` gets the shortcut. */
export function useReplyForm(reply: SavedReply | null, onSaved: (shortcut: string) => void) {
  const { shortcut, text, files, version } = reply ?? NEW;
  const [draft, setDraft] = useState<ReplyDraft>({ shortcut, text, files });
  const [seen, setSeen] = useState(version);
  const [commandId, setCommandId] = useState(newCommandId);
  const [error, setError] = useState<ErrorBody | null>(null);
  const [isBusy, setBusy] = useState(false);
  const present = useApp((state) => (reply === null ? undefined : state.machine.inbox.savedReplies.get(reply.id)));
  // The event of one's own change may come before its answer.
  const meanwhile = isBusy ? null : meanwhileOf(reply, present, seen);
  const problems = fieldProblems(error, reply?.id ?? null);
  const change = (next: (known: ReplyDraft) => ReplyDraft): void => {
    setDraft(next);
    setCommandId(newCommandId());
  };
  /** A reply that was removed meanwhile is added again. */
  const send = (): Promise<Saved> => {
    const input = { ...draft, files: draft.files.map(({ id }) => id), commandId };
    if (present === undefined) return actions.administer('saved-reply:create', input);
    return actions.administer('saved-reply:update', { ...input, savedReplyId: present.id, expectedVersion: seen });
  };
  return {
    draft,
    meanwhile,
    problems,
    isBusy,
    /** Why nothing was saved, unless a field says so. */
    error: problems.size > 0 ? null : error,
    type: (part: Partial<ReplyDraft>): void => {
      change((known) => ({ ...known, ...part }));
    },
    addFile: (file: SavedReplyFile): void => {
      change((known) => ({ ...known, files: [...known.files, file] }));
    },
    removeFile: ({ id }: SavedReplyFile): void => {
      change((known) => ({ ...known, files: known.files.filter((file) => file.id !== id) }));
    },
    /** Goes on from what somebody else saved: with their words, or with what is typed here. */
    settle: (words: 'theirs' | 'mine', to: SavedReply): void => {
      change((mine) => (words === 'theirs' ? { shortcut: to.shortcut, text: to.text, files: to.files } : mine));
      setSeen(to.version);
      setError(null);
    },
    save: async (): Promise<void> => {
      if (isBusy) return;
      setBusy(true);
      const answer = await send();
      setBusy(false);
      if (answer.ok) onSaved(answer.data.savedReply.shortcut);
      else setError(answer.error);
    },
  };
}

function meanwhileOf(reply: SavedReply | null, present: SavedReply | undefined, seen: number): Meanwhile {
  if (reply === null) return null;
  if (present === undefined) return { what: 'removed' };
  return present.version === seen ? null : { what: 'changed', to: present };
}
