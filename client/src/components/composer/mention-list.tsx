/** The list of matching colleagues above the text field. */
import type { ReactNode } from 'react';
import type { Member } from '../../../../src/contract/entities.ts';
import { useApp } from '../../state/app.ts';
import { Avatar } from '../avatar.tsx';
import { PickList } from '../pick-list.tsx';
import type { Mention } from './use-mention.ts';

function Colleague({ id, displayName }: Member): ReactNode {
  const presence = useApp(({ volatile }) => volatile.presence.get(id));
  return (
    <>
      <Avatar name={displayName} seed={id} size="small" presence={presence?.state ?? 'offline'} />
      <span dir="auto">{displayName}</span>
    </>
  );
}

/** Absent when no name is being typed. */
export function MentionList({ mention }: { readonly mention: Mention }): ReactNode {
  return (
    <PickList
      choice={mention}
      label="Colleagues"
      does="mentions"
      testId="mention"
      nameOf={({ displayName }) => displayName}
      draw={(member) => <Colleague {...member} />}
    />
  );
}
