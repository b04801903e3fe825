/** Limits of reports that client and server share. Without zod, which the browser does not load. */

/** The longest range of one request, in days. */
export const MAX_REPORT_DAYS = 92;
