/** Meta's WhatsApp Cloud API. */
import type { Provider } from '../provider.ts';
import { businessOfCloud } from './business.ts';
import { cloudCapabilities } from './capabilities.ts';
import { checkCloud } from './health.ts';
import { fetchMediaCloud } from './media.ts';
import { parseCloud } from './parse.ts';
import { markReadCloud, sendCloud, typingCloud } from './send.ts';
import { listTemplatesCloud } from './templates.ts';
import { uploadCloud } from './upload.ts';
import { cloudChannelHint, verifyCloud } from './verify.ts';

/** The Cloud API as a Provider. */
export const cloudProvider: Provider = {
  name: 'cloud',
  /** Meta documents a maximum of 3 MB for a webhook. */
  maxBodyBytes: 3 * 1024 * 1024,
  mediaTypes: ['application/json'],
  capabilities: cloudCapabilities,
  channelHint: cloudChannelHint,
  verify: verifyCloud,
  parse: parseCloud,
  upload: uploadCloud,
  send: sendCloud,
  markRead: markReadCloud,
  typingMarksRead: true,
  typing: typingCloud,
  fetchMedia: fetchMediaCloud,
  businessOf: businessOfCloud,
  check: checkCloud,
  listTemplates: listTemplatesCloud,
};
