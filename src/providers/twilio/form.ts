/** Twilio's parameters: a flat form, never nested, whatever the brackets in its names say. */
import { parseBoundedJson } from '../../lib/bounded-json.ts';
import { asList, asObject } from '../../lib/loose.ts';

/** All values of each parameter, decoded, in the order they came. A Map: a parameter may be called `__proto__`. */
export type Params = ReadonlyMap<string, readonly string[]>;

/** The parameters, or why the bytes are no form. */
export type FormResult =
  { readonly ok: true; readonly params: Params } | { readonly ok: false; readonly broken: string };

/** A real webhook has about forty. */
const MAX_PARAMS = 1000;
/** Parameters are text; deeper JSON is not Twilio's. */
const MAX_DEPTH = 64;

const broken = (reason: string): FormResult => ({ ok: false, broken: reason });

/** Reads `application/x-www-form-urlencoded` strictly: escapes that are no UTF-8, and floods of parameters, are refused. */
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

/** Null where an escape is incomplete or the bytes are no UTF-8. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

/** As `parseForm`, for a body in either media type: a JSON object of parameters reads like the form with the same ones. */
export function parseParams(body: Buffer): FormResult {
  return looksLikeJson(body) ? fromJson(body) : parseForm(body);
}

/** No parameter of a form begins with a brace: it would be escaped. */
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

/** The first value of a parameter as it was sent; undefined where it was not. */
export function first(params: Params, name: string): string | undefined {
  return params.get(name)?.[0];
}
