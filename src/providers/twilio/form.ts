/** Parses Twilio's parameters: a flat form. Brackets in a name never mean nesting. */
import { parseBoundedJson } from '../../lib/bounded-json.ts';
import { asList, asObject } from '../../lib/loose.ts';

/**
 * All values of each parameter, decoded, in the order received. A Map, because a parameter may be named `__proto__`.
 */
export type Params = ReadonlyMap<string, readonly string[]>;

/** The parameters, or why the bytes are not a form. */
export type FormResult =
  { readonly ok: true; readonly params: Params } | { readonly ok: false; readonly broken: string };

/** A real webhook has about forty parameters. */
const MAX_PARAMS = 1000;
/** Parameters are text, so JSON that is nested deeper does not come from Twilio. */
const MAX_DEPTH = 64;

const broken = (reason: string): FormResult => ({ ok: false, broken: reason });

/** Parses `application/x-www-form-urlencoded` strictly: refuses escapes that are not UTF-8 and too many parameters. */
export function parseForm(body: Buffer): FormResult {
  const pairs = body.toString('utf8').split('&', MAX_PARAMS + 1);
  if (pairs.length > MAX_PARAMS) return broken('has too many parameters');
  const params = new Map<string, string[]>();
  for (const pair of pairs) {
    if (pair === '') continue;
    const split = pair.indexOf('=');
    const name = decoded(split < 0 ? pair : pair.slice(0, split));
    const value = decoded(split < 0 ? '' : pair.slice(split + 1));
    if (name === null || value === null) return broken('is not a form: an escape is wrong');
    add(params, name, value);
  }
  return { ok: true, params };
}

function add(params: Map<string, string[]>, name: string, value: string): void {
  const values = params.get(name);
  if (values === undefined) params.set(name, [value]);
  else values.push(value);
}

/** Null when an escape is incomplete or the bytes are not UTF-8. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

/**
 * Like `parseForm`, for both media types: a JSON object of parameters gives the same result as the form with those
 * parameters.
 */
export function parseParams(body: Buffer): FormResult {
  return looksLikeJson(body) ? fromJson(body) : parseForm(body);
}

/** Tells JSON by its first character. No form begins with one of these: they would be escaped. */
export function looksLikeJson(body: Buffer): boolean {
  return /^\s*[{["]/.test(body.toString('latin1', 0, 64));
}

function fromJson(body: Buffer): FormResult {
  const json = parseBoundedJson(body, MAX_DEPTH);
  if (!json.ok) return broken(json.reason);
  const root = asObject(json.value);
  if (root === null) return broken('not a JSON object');
  const names = Object.keys(root);
  if (names.length > MAX_PARAMS) return broken('has too many parameters');
  const texts = (value: unknown): string[] =>
    (typeof value === 'string' ? [value] : asList(value)).filter((item) => typeof item === 'string');
  return { ok: true, params: new Map(names.map((name) => [name, texts(root[name])])) };
}

/** The first value of a parameter as sent; undefined when it was not sent. */
export function first(params: Params, name: string): string | undefined {
  return params.get(name)?.[0];
}
