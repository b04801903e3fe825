/**
 * Functions that a timeline provides to everything drawn in it. The value is stable, so that memoized messages do not
 * render again.
 */
import { createContext, useContext } from 'react';
import type { Message } from '../../../src/contract/message.ts';

/** The functions, and what the number supports. */
export interface MessageTools {
  readonly onReply: (message: Message) => void;
  readonly onJump: (messageId: string) => void;
  /** Opens a picture in the lightbox. */
  readonly onEnlarge: (messageId: string) => void;
  readonly canReact: boolean;
  readonly canQuote: boolean;
}

const nothing = (): void => undefined;

const Tools = createContext<MessageTools>({
  onReply: nothing,
  onJump: nothing,
  onEnlarge: nothing,
  canReact: false,
  canQuote: false,
});

export const MessageToolsProvider = Tools.Provider;

/** The tools of the surrounding timeline. */
export function useMessageTools(): MessageTools {
  return useContext(Tools);
}
