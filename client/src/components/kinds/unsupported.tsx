/** A placeholder for a message that cannot be shown, with the reason if the carrier gives one. */
import type { ReactNode } from 'react';
import type { Message } from '../../../../src/contract/message.ts';
import { textAt } from '../loose.ts';
import { Labelled } from './labelled.tsx';

/** Kinds that carriers report without their content. */
const NAMES: Readonly<Record<string, string>> = {
  event: 'an event',
  poll_creation: 'a poll',
  pollCreationMessage: 'a poll',
  poll_update: 'a vote',
  group_invite: 'an invitation to a group',
  groupInviteMessage: 'an invitation to a group',
  request_welcome: 'an opened chat',
  media_placeholder: 'a file from before this number was linked',
  ephemeral: 'a disappearing message',
  view_once: 'something to be seen once',
};

function reasonOf(details: Message['unsupported']): string {
  const type = textAt(details, 'type');
  const known = type === null ? undefined : NAMES[type];
  if (known !== undefined) return `This is ${known}; it`;
  return type === null || type === 'unknown' ? 'This message' : `A message of the kind “${type}”`;
}

/** Says what the message is and where it can be read. */
export function Unsupported({ message }: { readonly message: Message }): ReactNode {
  return (
    <Labelled icon="ban" label="Not shown here">
      <span title={textAt(message.unsupported, 'title') ?? ''}>
        {reasonOf(message.unsupported)} can only be read on the phone.
      </span>
    </Labelled>
  );
}
