/**
 * Limits of the parts of a message to send (Cloud API message reference, 2026-09). Without zod, so that forms in a
 * browser enforce the same limits as the schemas. Texts in UTF-16 units.
 */

/** The longest text WhatsApp carries in one message. */
export const MAX_TEXT_CHARS = 4096;
/** The longest text under an attachment. */
export const MAX_CAPTION_CHARS = 1024;
/** The longest address of a link. */
export const MAX_URL_CHARS = 2000;
/** The longest name of a document. */
export const MAX_FILENAME_CHARS = 240;

/** Polls. As many options as an Evolution API server accepts; WhatsApp itself accepts two more. */
export const POLL_LIMITS = { question: 255, option: 100, leastOptions: 2, mostOptions: 10 } as const;

/** The texts around buttons and lists; `label` is the text of a button that opens something. */
export const QUESTION_LIMITS = { header: 60, body: 1024, footer: 60, label: 20 } as const;

/** Reply buttons. */
export const BUTTON_LIMITS = { most: 3, title: 20 } as const;

/** A list to choose from; `most` rows in all sections together. */
export const LIST_LIMITS = { body: 4096, most: 10, title: 24 } as const;

/** Products of a catalog; `most` in all sections together. */
export const PRODUCT_LIMITS = { catalogId: 64, productId: 100, most: 30, sections: 10, sectionTitle: 24 } as const;

/** A WhatsApp form, called a flow. */
export const FLOW_LIMITS = { id: 64, name: 200, screen: 200 } as const;
