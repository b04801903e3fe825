/** How a key leads to the field for a tag, which may not be on screen yet. */

let isWanted = false;

/** The id of the field. */
export const TAG_FIELD = 'add-tag';

/** Leads there now, or as soon as it is on screen. */
export function wantTagField(): void {
  const field = document.getElementById(TAG_FIELD);
  if (field === null) isWanted = true;
  else field.focus();
}

/** Asked once by a field that has come. */
export function isTagFieldWanted(): boolean {
  const was = isWanted;
  isWanted = false;
  return was;
}
