/** Lets a shortcut focus the tag field, which may not be on screen yet. */

let isWanted = false;

/** The element id of the field. */
export const TAG_FIELD = 'add-tag';

/** Focuses the field now, or as soon as it is on screen. */
export function wantTagField(): void {
  const field = document.getElementById(TAG_FIELD);
  if (field === null) isWanted = true;
  else field.focus();
}

/** Called by the field when it appears. Returns whether it should take the focus, and resets the request. */
export function isTagFieldWanted(): boolean {
  const was = isWanted;
  isWanted = false;
  return was;
}
