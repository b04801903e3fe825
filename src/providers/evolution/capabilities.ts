/** What a number of an Evolution API server can send. Neither the server nor WhatsApp Web publishes limits. */
import type { Capabilities } from '../../contract/capabilities.ts';

const MB = 1024 * 1024;
const IMAGES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif'];

/** The same for every instance. Files travel as base64 inside JSON; the server accepts 136 MB of it. */
export const evolutionCapabilities: Capabilities = {
  kinds: ['text', 'image', 'video', 'audio', 'document', 'sticker', 'location', 'contacts', 'poll'],
  reactions: true,
  quotes: true,
  typing: true,
  readReceipts: true,
  voice: true,
  media: {
    image: { maxBytes: 16 * MB, mimes: IMAGES },
    video: { maxBytes: 64 * MB, mimes: ['video/mp4', 'video/3gpp'] },
    audio: { maxBytes: 16 * MB, mimes: ['audio/aac', 'audio/amr', 'audio/mpeg', 'audio/mp4', 'audio/ogg'] },
    document: { maxBytes: 96 * MB, mimes: ['*/*'] },
    sticker: { maxBytes: MB, mimes: IMAGES },
  },
  /** The server has calls for buttons and lists, but phones do not show them reliably. A poll can ask the same. */
  interactive: [],
  templates: 'none',
  windowMs: null,
  maxTextChars: 4096,
};
