/** What client and server have to agree on about reports; without zod, which the browser does not load. */

/** The longest range that is asked for at once, in days. */
export const MAX_REPORT_DAYS = 92;
