/**
 * What a WhatsApp sender of Twilio can send.
 * https://www.twilio.com/docs/whatsapp/guidance-whatsapp-media-messages
 */
import type { Capabilities } from '../../contract/capabilities.ts';

const DAY_MS = 86_400_000;
const KB = 1024;
const MB = 1024 * KB;
const OFFICE = 'application/vnd.openxmlformats-officedocument';

/** The same for every sender. Buttons and lists exist as Content templates only. */
export const twilioCapabilities: Capabilities = {
  kinds: ['text', 'image', 'video', 'audio', 'document', 'sticker', 'location', 'template'],
  reactions: false,
  quotes: false,
  typing: true,
  /** Its only read mark shows typing as well, which would be a lie of everybody who just opens a chat. */
  readReceipts: false,
  voice: false,
  media: {
    image: { maxBytes: 5 * MB, mimes: ['image/jpeg', 'image/png'] },
    video: { maxBytes: 16 * MB, mimes: ['video/mp4'] },
    audio: { maxBytes: 16 * MB, mimes: ['audio/ogg', 'audio/amr', 'audio/3gpp', 'audio/aac', 'audio/mpeg'] },
    document: {
      maxBytes: 16 * MB,
      mimes: [
        'application/pdf',
        // The one way to send a contact card.
        'text/vcard',
        'application/msword',
        `${OFFICE}.wordprocessingml.document`,
        `${OFFICE}.presentationml.presentation`,
        `${OFFICE}.spreadsheetml.sheet`,
      ],
    },
    /** WhatsApp's own limits. */
    sticker: { maxBytes: 500 * KB, maxStillBytes: 100 * KB, mimes: ['image/webp'] },
  },
  interactive: [],
  templates: 'content',
  windowMs: DAY_MS,
  maxTextChars: 1600,
};
