/** Safe access to parts of a message whose shape the providers decide. */

/** Limit for the fields of a form; nobody reads more in a bubble. */
const MAX_FIELDS = 60;

type Loose = Readonly<Record<string, unknown>>;

const isLoose = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value at a dotted path, or undefined. */
function valueAt(source: unknown, path: string): unknown {
  let value: unknown = source;
  for (const key of path.split('.')) value = isLoose(value) ? value[key] : undefined;
  return value;
}

/** The first non-empty text or number among the given dotted paths, as text. */
export function textAt(source: unknown, ...paths: readonly string[]): string | null {
  for (const path of paths) {
    const value = valueAt(source, path);
    if (typeof value === 'string' && value.trim() !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return null;
}

/** The objects of the list at a dotted path; empty when there is none. */
export function listAt(source: unknown, path: string): readonly Loose[] {
  const value = valueAt(source, path);
  return Array.isArray(value) ? value.filter(isLoose) : [];
}

/** The number at a dotted path, or null. */
export function numberAt(source: unknown, path: string): number | null {
  const value = valueAt(source, path);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The fields of an answer as table rows: nested values as JSON, without the carrier's `flow_token`. */
export function fieldsAt(source: unknown, path: string): readonly (readonly [string, string])[] {
  const value = valueAt(source, path);
  if (!isLoose(value)) return [];
  return Object.entries(value)
    .filter(([key]) => key !== 'flow_token')
    .slice(0, MAX_FIELDS)
    .map(([key, field]) => [key, typeof field === 'string' ? field : JSON.stringify(field)]);
}

/** The text if it is an http or https URL; null for anything that should not be opened from a message. */
export function webAddress(text: string | null | undefined): string | null {
  return text != null && /^https?:\/\//i.test(text) && URL.canParse(text) ? text : null;
}
