/** The longest text WhatsApp carries; the contract's MAX_TEXT_CHARS, repeated to keep zod out of the bundle. */
export const MAX_TEXT = 4096;
