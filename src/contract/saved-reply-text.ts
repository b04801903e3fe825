/** What a saved reply may consist of, and its placeholders. Without zod, which the browser does not load. */

/** The longest shortcut. */
export const MAX_SHORTCUT_CHARS = 40;
/** Most saved replies of one business. */
export const MOST_SAVED_REPLIES = 500;
/**
 * Most that the texts of one business may take up as JSON in UTF-8. All of them are in every snapshot, which must stay
 * far below what makes a gateway take a client for slow (src/realtime/slow-clients.ts).
 */
export const MAX_SAVED_REPLY_BYTES = 256 * 1024;
/** Most files of one saved reply. */
export const MAX_REPLY_FILES = 5;
/** Most files of all saved replies of one business: each is described in every snapshot, by at most about 1 KB. */
export const MOST_REPLY_FILES = 200;

/** Small letters (combined with marks where a script needs them), digits, - and _. */
export const SHORTCUT = /^[\p{L}\p{Nd}_-][\p{L}\p{M}\p{Nd}_-]*$/u;

/** What can be filled in when the reply is used. */
export const PLACEHOLDERS = ['customer.name', 'agent.name'] as const;
/** The name of a placeholder. */
export type Placeholder = (typeof PLACEHOLDERS)[number];

/** A placeholder in a text. Its name may have spaces around it. */
export const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;

/** The first word of a placeholder that is not closed. */
const UNCLOSED = /\{\{[^\s{}]{0,40}\}?/;

/** The first placeholder of a text that nothing can be filled into, as it is written there; null if there is none. */
export function unknownPlaceholder(text: string): string | null {
  for (const [written, name = ''] of text.matchAll(PLACEHOLDER)) if (!isPlaceholder(name.trim())) return written;
  return UNCLOSED.exec(text.replace(PLACEHOLDER, ' '))?.[0] ?? null;
}

/** Whether this is the name of a placeholder. */
export function isPlaceholder(name: string): name is Placeholder {
  return (PLACEHOLDERS as readonly string[]).includes(name);
}
