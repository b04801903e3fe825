/** WhatsApp through Twilio's Programmable Messaging. */
import type { Provider } from '../provider.ts';
import { parseTwilio } from './parse.ts';
import { markReadTwilio, sendTwilio, typingTwilio } from './send.ts';
import { withReference } from './statuses.ts';
import { twilioChannelHint, verifyTwilio } from './verify.ts';

const DAY_MS = 86_400_000;

/** Twilio as a Provider. */
export const twilioProvider: Provider = {
  name: 'twilio',
  /** One message of 1,600 characters with everything around it has a tenth of this. */
  maxBodyBytes: 256 * 1024,
  mediaTypes: ['application/x-www-form-urlencoded', 'application/json'],
  capabilities: {
    kinds: ['text', 'template'],
    reactions: false,
    quotes: false,
    typing: true,
    /** Its only read mark shows typing as well, which would be a lie of everybody who just opens a chat. */
    readReceipts: false,
    windowMs: DAY_MS,
  },
  channelHint: twilioChannelHint,
  verify: verifyTwilio,
  parse: parseTwilio,
  bodyToKeep: withReference,
  send: sendTwilio,
  markRead: markReadTwilio,
  typing: typingTwilio,
};
