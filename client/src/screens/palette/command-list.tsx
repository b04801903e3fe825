/** The rows of the command palette. */
import type { ReactNode } from 'react';
import { serverNow } from '../../clock.ts';
import { Avatar } from '../../components/avatar.tsx';
import { listTime } from '../../components/format.ts';
import { Icon } from '../../components/icons.tsx';
import { PickList } from '../../components/pick-list.tsx';
import type { Choice } from '../../components/use-choice.ts';
import { useApp } from '../../state/app.ts';
import type { Command } from './command.ts';

/** More than this of a text is never in sight. */
const SHOWN_CHARS = 200;

/** A key as it is written on the keyboard. */
const keyWords = (key: string): string => (/^[A-Z]$/.test(key) ? `Shift+${key}` : key.toUpperCase());

function Plain({ icon, label, detail, deed }: Command): ReactNode {
  return (
    <>
      <Icon name={icon} />
      <span className="commands-label" dir="auto">
        {label}
      </span>
      {detail === undefined ? null : (
        <span className="commands-detail" dir="auto">
          {detail.slice(0, SHOWN_CHARS)}
        </span>
      )}
      {'key' in deed ? <kbd>{keyWords(deed.key)}</kbd> : null}
    </>
  );
}

function Conversation({ threadId }: { readonly threadId: string }): ReactNode {
  const thread = useApp((state) => state.machine.inbox.threads.get(threadId));
  if (thread === undefined) return null;
  const { contact, lastActivityAt } = thread;
  return (
    <>
      <Avatar name={contact.displayName} seed={contact.id} size="small" />
      <span className="commands-label" dir="auto">
        {contact.displayName}
      </span>
      <span className="commands-detail">{contact.phone}</span>
      <time className="commands-time" dateTime={lastActivityAt}>
        {listTime(lastActivityAt, serverNow())}
      </time>
    </>
  );
}

/** Absent when nothing matches. */
export function CommandList({ choice }: { readonly choice: Choice<Command> }): ReactNode {
  return (
    <PickList
      choice={choice}
      label="Commands and conversations"
      does="takes it"
      testId="command"
      nameOf={({ group, label }) => `${label}, ${group}`}
      groupOf={({ group }) => group}
      draw={(command) =>
        command.threadId === undefined ? <Plain {...command} /> : <Conversation threadId={command.threadId} />
      }
    />
  );
}
