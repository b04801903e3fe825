/** What a person can send, as the composer hands it over. */
import type { MediaKind } from '../../../src/contract/capabilities.ts';
import type { SentCard, SentLocation, TemplateRef } from '../../../src/contract/content.ts';
import type { Interactive } from '../../../src/contract/interactive.ts';

/** One kind and what belongs to it: the content part of the contract's `message:send`. */
export type SendContent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: MediaKind; readonly mediaId: string; readonly text?: string }
  | { readonly kind: 'template'; readonly template: TemplateRef }
  | { readonly kind: 'location'; readonly location: SentLocation }
  | { readonly kind: 'contacts'; readonly contacts: readonly SentCard[] }
  | { readonly kind: 'interactive'; readonly interactive: Interactive };

/** What a reply may carry besides its content. */
export interface ReplyOptions {
  readonly replyToMessageId?: string;
  /** The newest message on screen; the server refuses with `stale_view` when a newer one exists. */
  readonly seenMessageId?: string;
}
