/** The advertisement or post that a conversation started from. */
import type { ReactNode } from 'react';
import type { Message } from '../../../../src/contract/message.ts';
import { Icon } from '../icons.tsx';
import { textAt, webAddress } from '../loose.ts';

/** Shows no pictures: nothing is fetched from the advertiser. */
export function Referral({ referral }: { readonly referral: NonNullable<Message['referral']> }): ReactNode {
  const href = webAddress(textAt(referral, 'sourceUrl'));
  const isPost = textAt(referral, 'sourceType') === 'post';
  const body = textAt(referral, 'body');
  return (
    <div className="referral">
      <span className="content-label">
        <Icon name="link" size={15} />
        {isPost ? 'Came from a post' : 'Came from an ad'}
      </span>
      <strong dir="auto">{textAt(referral, 'headline') ?? (isPost ? 'Post' : 'Advertisement')}</strong>
      {body === null ? null : <span dir="auto">{body}</span>}
      {href === null ? null : (
        <a href={href} target="_blank" rel="noopener noreferrer nofollow">
          {new URL(href).hostname}
        </a>
      )}
    </div>
  );
}
