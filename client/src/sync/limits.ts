/** The longest text and caption WhatsApp carries; the contract's limits, repeated to keep zod out of the bundle. */
export const MAX_TEXT = 4096;
export const MAX_CAPTION = 1024;
