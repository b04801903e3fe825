/** Copies the address that opens a conversation at a message. */
import { useEffect, useState, type ReactNode } from 'react';
import type { Message } from '../../../src/contract/message.ts';
import { linkTo } from '../state/address.ts';
import { Icon } from './icons.tsx';

/** How long the button says what came of it. */
const SAID_MS = 2000;

const WORDS = {
  idle: 'Copy a link to this message',
  copied: 'Link copied',
  failed: 'The link could not be copied',
} as const;

/** A button of a message's toolbar. */
export function CopyLink({ message }: { readonly message: Message }): ReactNode {
  const [state, setState] = useState<keyof typeof WORDS>('idle');
  useEffect(() => {
    if (state === 'idle') return undefined;
    const timer = setTimeout(() => {
      setState('idle');
    }, SAID_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [state]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(linkTo(message.threadId, message.id));
      setState('copied');
    } catch {
      // The browser does not let this page write to the clipboard.
      setState('failed');
    }
  };
  return (
    <button
      type="button"
      className="copy-link"
      data-testid="copy-link"
      title={WORDS[state]}
      aria-label={WORDS[state]}
      onClick={() => void copy()}
    >
      <Icon name={state === 'copied' ? 'check' : state === 'failed' ? 'alert' : 'link'} size={16} />
    </button>
  );
}
