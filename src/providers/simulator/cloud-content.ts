/** What Meta accepts as the content of a message, and what it says of what it does not. */
import { asName, asNumber, asObject, asObjects, asText, orEmpty, type Loose } from '../../lib/loose.ts';
import { lineOf, type Problem, type Shown } from './shown.ts';
import type { SimFile } from './uploads.ts';

type FindUpload = (id: string) => SimFile | null;
type Reader = (part: Loose, find: FindUpload) => Shown | Problem;

const invalid = (problem: string): Problem => ({ code: 100, problem });
const missing = (name: string): Problem => ({ code: 131008, problem: `Required parameter is missing: ${name}` });

/** Reads the part that `type` names. */
export function readCloudContent(json: Loose, find: FindUpload): Shown | Problem {
  const type = asText(json['type'], 32) ?? 'text';
  const reader = READERS.get(type);
  if (reader === undefined) return invalid(`Param type must be one of {${[...READERS.keys()].join(', ')}}`);
  const part = type === 'contacts' ? json : asObject(json[type]);
  return part === null ? missing(type) : reader(part, find);
}

const text: Reader = (part) => {
  const body = asName(part['body'], 100_000);
  if (body === null) return missing('text.body');
  return body.length > 4096
    ? invalid('Param text.body must be at most 4096 characters long')
    : { kind: 'text', text: body };
};

type FileKind = 'image' | 'video' | 'audio' | 'document' | 'sticker';

const media =
  (kind: FileKind): Reader =>
  (part, find) => {
    const extra = refusedKey(kind, part);
    if (extra !== null) return invalid(`Unexpected key "${extra}" on param ${kind}`);
    const id = asName(part['id']);
    const link = asName(part['link'], 2048);
    if ((id === null) === (link === null)) return invalid(`Param ${kind} needs either id or link`);
    const file = id === null ? null : find(id);
    if (id !== null && file === null) return { code: 131009, problem: `Parameter value is not valid: ${kind}.id` };
    if (file !== null && !file.mime.startsWith(FAMILY[kind])) return { code: 131053, problem: 'Media upload error' };
    const line = lineOf(kind, [asName(part['filename']), asName(part['caption'])]);
    return { kind, text: line, ...(file === null ? {} : { file }) };
  };

const FAMILY: Readonly<Record<FileKind, string>> = {
  image: 'image/',
  video: 'video/',
  audio: 'audio/',
  document: '',
  sticker: 'image/webp',
};

function refusedKey(kind: FileKind, part: Loose): string | null {
  const known = ['id', 'link', ...(EXTRA[kind] ?? [])];
  return Object.keys(part).find((key) => !known.includes(key)) ?? null;
}

const EXTRA: Readonly<Partial<Record<FileKind, readonly string[]>>> = {
  image: ['caption'],
  video: ['caption'],
  audio: ['voice'],
  document: ['caption', 'filename'],
};

const location: Reader = (part) => {
  const [latitude, longitude] = [asNumber(part['latitude']), asNumber(part['longitude'])];
  if (latitude === null || longitude === null) return missing('location.latitude, location.longitude');
  return {
    kind: 'location',
    text: lineOf('location', [asName(part['name']), `${String(latitude)},${String(longitude)}`]),
  };
};

const contacts: Reader = (json) => {
  const cards = asObjects(json['contacts']).map((card) => orEmpty(card['name']));
  if (cards.length === 0) return missing('contacts');
  const incomplete = cards.some((name) => asName(name['formatted_name']) === null || Object.keys(name).length < 2);
  if (incomplete) return invalid('Param contacts.name needs formatted_name and at least one more part');
  return {
    kind: 'contacts',
    text: lineOf(
      'contacts',
      cards.map((name) => asName(name['formatted_name'])),
    ),
  };
};

const template: Reader = (part, find) => {
  const name = asName(part['name']);
  if (name === null || asName(orEmpty(part['language'])['code']) === null)
    return missing('template.name, language.code');
  for (const parameter of asObjects(part['components']).flatMap((component) => asObjects(component['parameters']))) {
    const type = asText(parameter['type'], 32) ?? '';
    if (type === '' || parameter[type] === undefined)
      return { code: 132012, problem: 'Parameter format does not match' };
    const id = asName(orEmpty(parameter[type])['id']);
    if (id !== null && find(id) === null) return { code: 131009, problem: `Parameter value is not valid: ${type}.id` };
  }
  return { kind: 'template', text: `[${name}]` };
};

const tooLong = (value: unknown, max: number): boolean => (asText(value, 100_000) ?? '').length > max;

const interactive: Reader = (part) => {
  const body = asName(orEmpty(part['body'])['text'], 100_000);
  if (body === null) return missing('interactive.body.text');
  if (tooLong(body, part['type'] === 'list' ? 4096 : 1024)) return invalid('Param interactive.body.text is too long');
  if ([part['header'], part['footer']].some((one) => tooLong(orEmpty(one)['text'], 60))) {
    return invalid('Param interactive header or footer must be at most 60 characters long');
  }
  const action = orEmpty(part['action']);
  const choices = CHOICES.get(asText(part['type'], 32) ?? '')?.(action);
  if (choices === undefined) return invalid('Param interactive.type is not one of those known here');
  return typeof choices === 'string'
    ? invalid(choices)
    : { kind: 'interactive', text: lineOf('interactive', [body, ...choices.titles]) };
};

type Choices = { readonly titles: readonly string[] } | string;

function buttons(action: Loose): Choices {
  const replies = asObjects(action['buttons']).map((button) => orEmpty(button['reply']));
  if (replies.length < 1 || replies.length > 3) return 'Invalid buttons count. Min allowed buttons: 1, max: 3';
  if (replies.some((reply) => tooLong(reply['title'], 20) || tooLong(reply['id'], 256)))
    return 'Button title length invalid';
  return { titles: replies.map((reply) => `[${asText(reply['title']) ?? ''}]`) };
}

function list(action: Loose): Choices {
  const rows = asObjects(action['sections']).flatMap((section) => asObjects(section['rows']));
  if (asName(action['button']) === null || tooLong(action['button'], 20)) return 'Param action.button is not valid';
  if (rows.length < 1 || rows.length > 10) return 'Total row count exceed max allowed count: 10';
  const broken = rows.some(
    (row) => tooLong(row['title'], 24) || tooLong(row['description'], 72) || tooLong(row['id'], 200),
  );
  return broken
    ? 'Row title, description or id is too long'
    : { titles: rows.map((row) => `[${asText(row['title']) ?? ''}]`) };
}

function link(action: Loose): Choices {
  const { display_text: label, url } = orEmpty(action['parameters']) as { display_text?: unknown; url?: unknown };
  if (action['name'] !== 'cta_url' || asName(label) === null || tooLong(label, 20))
    return 'Param action.parameters is not valid';
  return URL.canParse(asText(url, 4096) ?? '')
    ? { titles: [`[${asText(label) ?? ''}]`] }
    : 'Param action.parameters.url is no URL';
}

const CHOICES = new Map<string, (action: Loose) => Choices>([
  ['button', buttons],
  ['list', list],
  ['cta_url', link],
]);

const READERS = new Map<string, Reader>([
  ['text', text],
  ['image', media('image')],
  ['video', media('video')],
  ['audio', media('audio')],
  ['document', media('document')],
  ['sticker', media('sticker')],
  ['location', location],
  ['contacts', contacts],
  ['interactive', interactive],
  ['template', template],
]);

/** Whether Meta takes an upload: its type, and its size by that type. */
export function refuseUpload({ mime, sizeBytes }: SimFile, declared: string): Problem | null {
  if (mime === '' || declared === '') return invalid('The parameter type is required.');
  const family = mime.split('/')[0] ?? '';
  const most = mime === 'image/webp' ? 500 * 1024 : (MAX_BYTES.get(family) ?? 100 * 1024 * 1024);
  return sizeBytes > most || sizeBytes === 0 ? { code: 131053, problem: 'Media upload error' } : null;
}

const MAX_BYTES = new Map([
  ['image', 5 * 1024 * 1024],
  ['video', 16 * 1024 * 1024],
  ['audio', 16 * 1024 * 1024],
]);
