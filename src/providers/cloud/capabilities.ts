/**
 * What a number of the Cloud API can send.
 * https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#supported-media-types
 */
import type { Capabilities } from '../../contract/capabilities.ts';

const DAY_MS = 86_400_000;
const KB = 1024;
const MB = 1024 * KB;

/** The same for every number. */
export const cloudCapabilities: Capabilities = {
  kinds: ['text', 'image', 'video', 'audio', 'document', 'sticker', 'location', 'contacts', 'interactive', 'template'],
  reactions: true,
  quotes: true,
  typing: true,
  readReceipts: true,
  voice: true,
  media: {
    image: { maxBytes: 5 * MB, mimes: ['image/jpeg', 'image/png'] },
    video: { maxBytes: 16 * MB, mimes: ['video/mp4', 'video/3gpp'] },
    audio: { maxBytes: 16 * MB, mimes: ['audio/aac', 'audio/amr', 'audio/mpeg', 'audio/mp4', 'audio/ogg'] },
    document: { maxBytes: 100 * MB, mimes: ['*/*'] },
    /** `maxBytes` is for animated stickers; Meta itself refuses still ones above 100 KB. */
    sticker: { maxBytes: 500 * KB, maxStillBytes: 100 * KB, mimes: ['image/webp'] },
  },
  interactive: ['button', 'list', 'cta_url', 'flow', 'product', 'product_list', 'location_request_message'],
  templates: 'named',
  windowMs: DAY_MS,
  maxTextChars: 4096,
};
