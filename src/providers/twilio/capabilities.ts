/**
 * What a WhatsApp sender of Twilio can send.
 * https://www.twilio.com/docs/whatsapp/guidance-whatsapp-media-messages
 */
import type { Capabilities } from '../../contract/capabilities.ts';

const DAY_MS = 86_400_000;
const KB = 1024;
const MB = 1024 * KB;
const OFFICE = 'application/vnd.openxmlformats-officedocument';

/** The same for every sender. Twilio has buttons and lists only as Content templates. */
export const twilioCapabilities: Capabilities = {
  kinds: ['text', 'image', 'video', 'audio', 'document', 'sticker', 'location', 'template'],
  reactions: false,
  quotes: false,
  typing: true,
  /** Twilio's only read mark shows typing as well. That would be untrue of an agent who merely opens a chat. */
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
        // The only way to send a contact card.
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
