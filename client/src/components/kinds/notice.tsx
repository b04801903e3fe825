/** Notices of events in a conversation that are not messages from anybody. */
import type { ReactNode } from 'react';
import type { Message, SystemNotice } from '../../../../src/contract/message.ts';
import { useApp } from '../../state/app.ts';

type Say = (name: string, notice: SystemNotice) => string;

/** `lid:…` and `bsuid:…` mean nothing to a person. */
const readable = (address: string | undefined): string => (address?.startsWith('+') === true ? ` to ${address}` : '');

const WORDS: Readonly<Record<SystemNotice['type'], Say>> = {
  number_changed: (name, { newAddress }) => `${name} changed their number${readable(newAddress)}`,
  user_id_changed: (name) => `WhatsApp gave ${name} a new id`,
  identity_changed: (name) => `The security code of ${name} changed: perhaps a new phone`,
  call: (name, { direction, event }) =>
    [direction === 'outbound' ? `Call to ${name}` : `Call from ${name}`, event].filter(Boolean).join(' · '),
};

/** The carrier's text if there is one, else ours. */
export function Notice({ message }: { readonly message: Message }): ReactNode {
  const name = useApp((state) => state.machine.inbox.threads.get(message.threadId)?.contact.displayName ?? '');
  if (message.system === undefined) return message.text;
  return message.text ?? WORDS[message.system.type](name, message.system);
}
