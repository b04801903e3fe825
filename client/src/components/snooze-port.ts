/** Lets a shortcut open the snooze menu without knowing where it is. */

/** Opens the menu for the conversation on screen; null while there is none. */
export const snoozePort: { current: (() => void) | null } = { current: null };
