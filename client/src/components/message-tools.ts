/** What a timeline lends to everything drawn in it; stable, so that memoised messages stay as they are. */
import { createContext, useContext } from 'react';
import type { Message } from '../../../src/contract/message.ts';

/** See above. */
export interface MessageTools {
  readonly onReply: (message: Message) => void;
  readonly onJump: (messageId: string) => void;
  /** Shows a picture of the timeline large. */
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

/** The tools of the timeline around. */
export function useMessageTools(): MessageTools {
  return useContext(Tools);
}
