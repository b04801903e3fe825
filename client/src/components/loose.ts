/** Careful reading of the parts of a message whose shape the providers decide. */

type Loose = Readonly<Record<string, unknown>>;

const isLoose = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The first non-empty text among the given dotted paths. */
export function textAt(source: unknown, ...paths: readonly string[]): string | null {
  for (const path of paths) {
    let value: unknown = source;
    for (const key of path.split('.')) value = isLoose(value) ? value[key] : undefined;
    if (typeof value === 'string' && value.trim() !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return null;
}

/** The first list of objects among the given keys; empty when there is none. */
export function listAt(source: unknown, ...keys: readonly string[]): readonly Loose[] {
  if (!isLoose(source)) return [];
  for (const key of keys) {
    const value = source[key];
    if (Array.isArray(value)) return value.filter(isLoose);
  }
  return [];
}

/** A web address, or null for anything a browser should not open from a message. */
export function webAddress(text: string | null | undefined): string | null {
  return text != null && /^https?:\/\//i.test(text) && URL.canParse(text) ? text : null;
}
