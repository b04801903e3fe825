/** How a key opens the choice of times to snooze until, without knowing where it is. */

/** Opens it for the conversation on screen; null while there is none. */
export const snoozePort: { current: (() => void) | null } = { current: null };
