/** The conversations that are checked in the list, to be changed together. Pure. */

/** Which, and the one that was checked last: a range begins there. */
export interface Checked {
  readonly ids: ReadonlySet<string>;
  readonly last: string | null;
}

export const NOTHING_CHECKED: Checked = { ids: new Set(), last: null };
/** So many at once: more cannot be looked over before something is done to all of them. */
export const MOST_CHECKED = 100;

/** Adds as many as there is room for, in their order. */
function adding({ ids }: Checked, more: readonly string[], last: string): Checked {
  const added = new Set(ids);
  for (const id of more) if (added.size < MOST_CHECKED) added.add(id);
  return { ids: added, last };
}

/** Checks one, or unchecks it. */
export function toggled(checked: Checked, id: string): Checked {
  if (!checked.ids.has(id)) return adding(checked, [id], id);
  return { ids: new Set([...checked.ids].filter((one) => one !== id)), last: id };
}

/**
 * Checks every row from `from` to `to`, whichever is further up, beginning with `from`. Only `to` if `from` is not among
 * the rows.
 */
export function checkedUpTo(checked: Checked, rows: readonly string[], from: string | null, to: string): Checked {
  const [begin, end] = [from === null ? -1 : rows.indexOf(from), rows.indexOf(to)];
  if (begin < 0) return adding(checked, [to], to);
  const between = begin <= end ? rows.slice(begin, end + 1) : rows.slice(end, begin + 1).reverse();
  return adding(checked, between, to);
}

/** Every row, or the first ones of very many. */
export function allChecked(rows: readonly string[]): Checked {
  return { ids: new Set(rows.slice(0, MOST_CHECKED)), last: null };
}

/** Those that are among the rows. What has left the list is not checked any more, even if it comes back. */
export function checkedAmong(checked: Checked, rows: readonly string[]): Checked {
  if (checked.ids.size === 0) return checked;
  const ids = rows.filter((id) => checked.ids.has(id));
  return ids.length === checked.ids.size ? checked : { ...checked, ids: new Set(ids) };
}
