/** WhatsApp through Twilio's Programmable Messaging. */
import type { Provider } from '../provider.ts';
import { twilioCapabilities } from './capabilities.ts';
import { checkTwilio } from './health.ts';
import { fetchMediaTwilio } from './media.ts';
import { listMissedTwilio } from './missed.ts';
import { parseTwilio } from './parse.ts';
import { markReadTwilio, sendTwilio, typingTwilio } from './send.ts';
import { withReference } from './statuses.ts';
import { listTemplatesTwilio } from './templates.ts';
import { twilioChannelHint, verifyTwilio } from './verify.ts';

/** Twilio as a Provider. */
export const twilioProvider: Provider = {
  name: 'twilio',
  /** The limit used when a carrier documents none. A real webhook is a hundredth of this size. */
  maxBodyBytes: 3 * 1024 * 1024,
  mediaTypes: ['application/x-www-form-urlencoded', 'application/json'],
  capabilities: twilioCapabilities,
  channelHint: twilioChannelHint,
  verify: verifyTwilio,
  parse: parseTwilio,
  bodyToKeep: withReference,
  send: sendTwilio,
  markRead: markReadTwilio,
  typingMarksRead: true,
  typing: typingTwilio,
  fetchMedia: fetchMediaTwilio,
  check: checkTwilio,
  listTemplates: listTemplatesTwilio,
  listMissed: listMissedTwilio,
};
