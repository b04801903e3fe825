/** Checks the content of a message as an Evolution server does, for each of its calls. */
import { asList, asName, asNumber, asObjects, asText, type Loose } from '../../lib/loose.ts';
import { lineOf, type Shown, type SimKind } from './shown.ts';
import { simFile, type SimFile } from './uploads.ts';

/** The content, or the name of the property that is missing or wrong. */
export type EvolutionReader = (json: Loose) => Shown | { readonly lacks: string };

const lacks = (name: string): { readonly lacks: string } => ({ lacks: name });

const text: EvolutionReader = (json) => {
  const words = asName(json['text'], 100_000);
  return words === null ? lacks('text') : { kind: 'text', text: words, prepared: { conversation: words } };
};

/** Accepts base64 or a URL. The real server would fetch the URL. */
function fileOf(value: unknown, mime: string, filename: string | null, voice: boolean): SimFile | 'address' | null {
  if (typeof value !== 'string' || value === '') return null;
  if (/^https?:\/\//.test(value)) return 'address';
  const isBase64 = value.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(value);
  return isBase64 ? simFile(Buffer.from(value, 'base64'), mime, filename, voice) : null;
}

interface FileMessage {
  readonly kind: SimKind;
  readonly field: string;
  readonly mime: string;
  readonly words: readonly (string | null)[];
  readonly prepared: Loose;
}

function withFile(json: Loose, { kind, field, mime, words, prepared }: FileMessage): ReturnType<EvolutionReader> {
  const file = fileOf(json[field], mime, asName(json['fileName'], 1024), field === 'audio');
  if (file === null) return lacks(field);
  return { kind, text: lineOf(kind, words), prepared, ...(file === 'address' ? {} : { file }) };
}

const MEDIA_TYPES: readonly string[] = ['image', 'video', 'audio', 'document'] satisfies SimKind[];

const media: EvolutionReader = (json) => {
  const type = asText(json['mediatype'], 32) ?? '';
  const mime = asName(json['mimetype'], 256);
  if (!MEDIA_TYPES.includes(type)) return lacks('mediatype');
  if (mime === null) return lacks('mimetype');
  const [caption, fileName] = [asName(json['caption'], 100_000), asName(json['fileName'], 1024)];
  const prepared = {
    [`${type}Message`]: {
      mimetype: mime,
      ...(caption === null ? {} : { caption }),
      ...(fileName === null ? {} : { fileName }),
    },
  };
  const words = [type === 'document' ? fileName : null, caption];
  return withFile(json, { kind: type as SimKind, field: 'media', mime, words, prepared });
};

const voice: EvolutionReader = (json) => {
  const mime = 'audio/ogg';
  const prepared = { audioMessage: { mimetype: `${mime}; codecs=opus`, ptt: true } };
  return withFile(json, { kind: 'audio', field: 'audio', mime, words: [], prepared });
};

const sticker: EvolutionReader = (json) => {
  const mime = 'image/webp';
  return withFile(json, {
    kind: 'sticker',
    field: 'sticker',
    mime,
    words: [],
    prepared: { stickerMessage: { mimetype: mime } },
  });
};

const location: EvolutionReader = (json) => {
  const [latitude, longitude] = [asNumber(json['latitude']), asNumber(json['longitude'])];
  if (latitude === null || longitude === null) return lacks('latitude');
  const [name, address] = [asName(json['name'], 1000), asName(json['address'], 1000)];
  if (name === null || address === null) return lacks(name === null ? 'name' : 'address');
  const prepared = { locationMessage: { degreesLatitude: latitude, degreesLongitude: longitude, name, address } };
  return { kind: 'location', text: lineOf('location', [name]), prepared };
};

const contacts: EvolutionReader = (json) => {
  const cards = asObjects(json['contact']);
  const names = cards.map((card) => asName(card['fullName'], 512));
  if (cards.length === 0 || names.includes(null)) return lacks('fullName');
  if (cards.some((card) => asName(card['phoneNumber'], 64) === null)) return lacks('phoneNumber');
  const all = cards.map((card, index) => ({
    displayName: names[index],
    vcard: `BEGIN:VCARD\nVERSION:3.0\nFN:${names[index] ?? ''}\nTEL:${asText(card['phoneNumber'], 64) ?? ''}\nEND:VCARD`,
  }));
  const prepared = all.length === 1 ? { contactMessage: all[0] } : { contactsArrayMessage: { contacts: all } };
  return { kind: 'contacts', text: lineOf('contacts', names), prepared };
};

const MAX_OPTIONS = 10;

const poll: EvolutionReader = (json) => {
  const name = asName(json['name'], 1000);
  const selectable = asNumber(json['selectableCount']);
  const values = asList(json['values']).map((value) => asName(value, 1000));
  const options = values.filter((value) => value !== null);
  if (name === null) return lacks('name');
  if (selectable === null || selectable < 0 || selectable > MAX_OPTIONS) return lacks('selectableCount');
  const fits = options.length >= 2 && options.length <= MAX_OPTIONS && new Set(options).size === values.length;
  if (!fits) return lacks('values');
  const all = options.map((optionName) => ({ optionName }));
  const prepared = { pollCreationMessage: { name, options: all, selectableOptionsCount: selectable } };
  return { kind: 'poll', text: lineOf('poll', [name, ...options.map((option) => `[${option}]`)]), prepared };
};

/** The readers, by the last part of the call's path. */
export const EVOLUTION_CONTENTS: ReadonlyMap<string, EvolutionReader> = new Map([
  ['sendText', text],
  ['sendMedia', media],
  ['sendWhatsAppAudio', voice],
  ['sendSticker', sticker],
  ['sendLocation', location],
  ['sendContact', contacts],
  ['sendPoll', poll],
]);
