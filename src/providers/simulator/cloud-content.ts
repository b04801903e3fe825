/** Checks the content of a message as Meta does, and words the refusals as Meta does. */
import { asName, asNumber, asObject, asObjects, asText, orEmpty, type Loose } from '../../lib/loose.ts';
import { readInteractive } from './cloud-interactive.ts';
import { invalid, missing, readFile, type CloudReader, type FileKind, type FindUpload } from './cloud-parts.ts';
import { readTemplate } from './cloud-template.ts';
import { lineOf, type Problem, type Shown } from './shown.ts';
import type { SimFile } from './uploads.ts';

/** Reads the part that `type` names. */
export function readCloudContent(json: Loose, find: FindUpload): Shown | Problem {
  const type = asText(json['type'], 32) ?? 'text';
  const reader = READERS.get(type);
  if (reader === undefined) return invalid(`Param type must be one of {${[...READERS.keys()].join(', ')}}`);
  const part = type === 'contacts' ? json : asObject(json[type]);
  return part === null ? missing(type) : reader(part, find);
}

const text: CloudReader = (part) => {
  const body = asName(part['body'], 100_000);
  if (body === null) return missing('text.body');
  return body.length > 4096
    ? invalid('Param text.body must be at most 4096 characters long')
    : { kind: 'text', text: body };
};

const media =
  (kind: FileKind): CloudReader =>
  (part, find) => {
    const file = readFile(kind, part, find);
    if (file !== null && 'problem' in file) return file;
    const line = lineOf(kind, [asName(part['filename']), asName(part['caption'])]);
    return { kind, text: line, ...(file === null ? {} : { file }) };
  };

const location: CloudReader = (part) => {
  const [latitude, longitude] = [asNumber(part['latitude']), asNumber(part['longitude'])];
  if (latitude === null || longitude === null) return missing('location.latitude, location.longitude');
  return {
    kind: 'location',
    text: lineOf('location', [asName(part['name']), `${String(latitude)},${String(longitude)}`]),
  };
};

const contacts: CloudReader = (json) => {
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

const READERS = new Map<string, CloudReader>([
  ['text', text],
  ['image', media('image')],
  ['video', media('video')],
  ['audio', media('audio')],
  ['document', media('document')],
  ['sticker', media('sticker')],
  ['location', location],
  ['contacts', contacts],
  ['interactive', readInteractive],
  ['template', readTemplate],
]);

/** Why Meta refuses an upload, judged by its type and by the maximum size of that type; null when it accepts it. */
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
