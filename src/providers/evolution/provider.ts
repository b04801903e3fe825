/** Evolution API v2: WhatsApp Web through the tenant's own server. */
import type { Provider } from '../provider.ts';
import { evolutionCapabilities } from './capabilities.ts';
import { checkEvolution } from './health.ts';
import { fetchMediaEvolution } from './media.ts';
import { listMissedEvolution } from './missed.ts';
import { bodyToKeepEvolution, pairEvolution, pairingOfEvolution } from './pairing.ts';
import { parseEvolution } from './parse.ts';
import { markReadEvolution, sendEvolution, typingEvolution } from './send.ts';
import { evolutionChannelHint, verifyEvolution } from './verify.ts';

/** Evolution API as a Provider. */
export const evolutionProvider: Provider = {
  name: 'evolution',
  /** WhatsApp's limit of 16 MB for video or audio, as base64, plus room for the envelope. */
  maxBodyBytes: 25 * 1024 * 1024,
  mediaTypes: ['application/json'],
  capabilities: evolutionCapabilities,
  channelHint: evolutionChannelHint,
  verify: verifyEvolution,
  parse: parseEvolution,
  bodyToKeep: bodyToKeepEvolution,
  send: sendEvolution,
  markRead: markReadEvolution,
  typingMarksRead: false,
  typing: typingEvolution,
  fetchMedia: fetchMediaEvolution,
  check: checkEvolution,
  pair: pairEvolution,
  pairingOf: pairingOfEvolution,
  listMissed: listMissedEvolution,
};
