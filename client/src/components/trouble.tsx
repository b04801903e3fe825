/** Shows why a message was not sent, or may not have been, and what can be done. */
import type { ReactNode } from 'react';
import type { Message } from '../../../src/contract/message.ts';
import { actions } from '../state/app.ts';
import { composerPort } from './composer/composer-port.ts';
import { Icon } from './icons.tsx';

const mayBeRepeated = ({ status, providerMessageId, error }: Message): boolean =>
  status === 'unknown' || providerMessageId === null || error?.retryable === true;

/**
 * A message that the carrier accepted and then failed permanently cannot be sent again. Its text goes back to the
 * composer instead.
 */
function Remedy({ message }: { readonly message: Message }): ReactNode {
  const { text } = message;
  if (mayBeRepeated(message)) {
    return (
      <button type="button" className="link" onClick={() => actions.retryMessage(message.threadId, message.id)}>
        <Icon name="retry" size={14} />
        Send again
      </button>
    );
  }
  if (text === null) return null;
  return (
    <button type="button" className="link" onClick={() => composerPort.current?.restore('reply', text)}>
      Write again
    </button>
  );
}

/** Renders nothing for a message without trouble. */
export function Trouble({ message }: { readonly message: Message }): ReactNode {
  if (message.status !== 'failed' && message.status !== 'unknown') return null;
  const isFailed = message.status === 'failed';
  const reason = isFailed
    ? (message.error?.title ?? 'The message was not sent.')
    : 'May not have been sent. Check with the customer before you send it again.';
  return (
    <div className="trouble" data-level={isFailed ? 'bad' : 'warn'}>
      <span>{reason}</span>
      <Remedy message={message} />
    </div>
  );
}
