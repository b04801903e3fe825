/** Templates in Twilio's form. All variables share one numbering: first the file, then the text and the buttons. */
import { parseBoundedJson } from '../../lib/bounded-json.ts';
import { asText, orEmpty, type Loose } from '../../lib/loose.ts';
import { placeholdersIn } from '../template-text.ts';
import type { Shown } from './shown.ts';
import { contentSid, TEMPLATES, templateLine, type SimTemplate } from './templates.ts';

/** Why a call is refused at once. */
export type Refusal = readonly [code: number, text: string];

interface Content {
  readonly type: 'twilio/text' | 'twilio/card';
  readonly part: Loose;
  /** Every variable. `file` is the one that holds a URL. */
  readonly variables: readonly string[];
  readonly file: string | null;
}

/** What the Content API returns for a template. */
export function contentOf({ header, body, footer, isNamed, buttons = [] }: SimTemplate): Content {
  const file = header === undefined ? null : '1';
  const inText = placeholdersIn(body);
  const before = file === null ? 0 : 1;
  const words = isNamed === true ? body : renumbered(body, before);
  const links = buttons.filter(({ url = '' }) => placeholdersIn(url).length > 0);
  const actions = buttons.map((button) => ({
    type: button.type,
    title: button.text,
    ...(button.url === undefined
      ? {}
      : { url: renumbered(button.url, before + inText.length + links.indexOf(button)) }),
  }));
  const text = [words, ...actions.map(({ url = '' }: { url?: string }) => url)].join(' ');
  const variables = [...new Set([...(file === null ? [] : [file]), ...placeholdersIn(text)])];
  if (file === null && buttons.length === 0) return { type: 'twilio/text', part: { body: words }, variables, file };
  const media = file === null ? {} : { media: [`{{${file}}}`] };
  return { type: 'twilio/card', part: { title: words, subtitle: footer, ...media, actions }, variables, file };
}

function renumbered(text: string, by: number): string {
  return text.replace(/\{\{(\d+)\}\}/g, (_placeholder, digits: string) => `{{${String(Number(digits) + by)}}}`);
}

/** What a phone would show. `fetch` is the URL of a file; `fails` is the code with which Twilio gives up later. */
export interface FilledContent {
  readonly shown: Shown;
  readonly fetch: string | null;
  readonly fails: number | null;
}

const UNFILLED = 63028;

/** Reads `ContentSid` and `ContentVariables`. */
export function readContent(sid: string, given: unknown): FilledContent | Refusal {
  const template = TEMPLATES.find((one) => contentSid(one) === sid && one.status === 'APPROVED');
  if (template === undefined) return [21655, 'The ContentSid is invalid.'];
  const values = given === undefined ? {} : valuesIn(given);
  if (values === null) return [21656, 'The ContentVariables parameter is invalid.'];
  const { part, variables, file } = contentOf(template);
  const isWhole = variables.every((name) => values[name] !== undefined && values[name] !== '');
  const body = asText(part['title'] ?? part['body']) ?? '';
  return {
    shown: { kind: 'template', text: templateLine({ ...template, body }, values) },
    fetch: file === null ? null : (values[file] ?? null),
    fails: isWhole ? null : UNFILLED,
  };
}

function valuesIn(given: unknown): Readonly<Record<string, string>> | null {
  const parsed = parseBoundedJson(Buffer.from(asText(given, 10_000) ?? ''), 4);
  if (!parsed.ok) return null;
  const entries = Object.entries(orEmpty(parsed.value));
  return entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')
    ? Object.fromEntries(entries)
    : null;
}
