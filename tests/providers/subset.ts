/** Comparison of produced events with expected ones: every expected key must be there with an equal value. */

/** Paths at which `actual` lacks something of `expected`; keys in `skip` are not compared at the top level. */
export function missing(actual: unknown, expected: unknown, path = ''): string[] {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return [`${path}: list differs ${show(actual)}`];
    return expected.flatMap((item, index) => missing(actual[index], item, `${path}[${String(index)}]`));
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof actual !== 'object' || actual === null) return [`${path}: not an object ${show(actual)}`];
    return Object.entries(expected).flatMap(([key, value]) =>
      missing((actual as Record<string, unknown>)[key], value, `${path}.${key}`),
    );
  }
  return Object.is(actual, expected) ? [] : [`${path}: expected ${show(expected)}, got ${show(actual)}`];
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

const RECOMMENDED = new Set(['note', 'hint', 'retryable', 'relink_required', 'contact_match_candidates']);

/** The binding part of an expected event: notes and recommendations are left out, the reason of an ignored event is free. */
export function binding(expected: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(expected).filter(
      ([key]) => !RECOMMENDED.has(key) && !(key === 'reason' && expected['kind'] === 'ignored'),
    ),
  );
}
