/**
 * What a message contains. Twilio has one set of parameters for all kinds; which of them are there tells the kind where
 * `MessageType` is missing (older captures) or new.
 * https://www.twilio.com/docs/messaging/guides/webhook-request
 */
import { parseBoundedJson, storableJson } from '../../lib/bounded-json.ts';
import { asId, asObject, asText, orEmpty, type Loose } from '../../lib/loose.ts';
import { MAX_TEXT, plain, type Content } from '../drawn-content.ts';
import { fetchableUrl, mimeFields } from '../media-fields.ts';
import type { InboundMedia } from '../inbound.ts';
import { first } from './form.ts';
import { field, type Scope } from './scope.ts';

const MAX_JSON_DEPTH = 16;

type Reader = (scope: Scope) => Content | null;

const bodyOf = (scope: Scope): string | null => field(scope, 'Body', MAX_TEXT);

const readLocation: Reader = (scope) => {
  const latitude = degrees(first(scope.params, 'Latitude'));
  const longitude = degrees(first(scope.params, 'Longitude'));
  if (latitude === null || longitude === null || Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return null;
  const names = { name: field(scope, 'Label', 1000), address: field(scope, 'Address', 1000) };
  const known = Object.fromEntries(Object.entries(names).filter(([, value]) => value !== null));
  return plain('location', bodyOf(scope), { location: { latitude, longitude, ...known } });
};

/** Coordinates come with more decimals than other numbers do, or with an exponent. */
function degrees(text = ''): number | null {
  return /^[+-]?\d{1,3}(\.\d{1,30})?(e[+-]?\d{1,2})?$/i.test(text) ? Number(text) : null;
}

/** A form filled in inside WhatsApp; its JSON is the customer's to write: broken gives data null. */
const readFlow: Reader = (scope) => {
  const data = jsonOf(scope, 'FlowData') ?? asObject(orEmpty(jsonOf(scope, 'InteractiveData'))['flowResponse']);
  const wasSent = first(scope.params, 'FlowData') !== undefined || data !== null;
  return wasSent
    ? plain('interactive', bodyOf(scope), { interactive: { kind: 'flow_reply', name: null, data } })
    : null;
};

function jsonOf({ params }: Scope, name: string): Loose | null {
  const text = first(params, name);
  if (text === undefined || text.length > MAX_TEXT) return null;
  const json = parseBoundedJson(Buffer.from(text), MAX_JSON_DEPTH);
  return json.ok ? asObject(storableJson(json.value)) : null;
}

const buttonReader = (kind: 'template_button' | 'button_reply'): Reader => {
  return (scope) => {
    const id = field(scope, 'ButtonPayload');
    const title = field(scope, 'ButtonText');
    if (id === null && title === null) return null;
    const text = bodyOf(scope) ?? title;
    return plain('interactive', text, { interactive: { kind, id, title: title ?? text } });
  };
};

/** Names of these parameters are not documented for WhatsApp; the chosen line is in Body in any case. */
const readList: Reader = (scope) => {
  const title = field(scope, 'ListTitle') ?? bodyOf(scope);
  if (title === null) return null;
  const interactive = { kind: 'list_reply', id: field(scope, 'ListId'), title };
  return plain('interactive', bodyOf(scope) ?? title, { interactive });
};

const readInteractive: Reader = (scope) => readFlow(scope) ?? buttonReader('button_reply')(scope) ?? readList(scope);

/** `type` null: what the attachment's own type says. The text belongs to the first one. */
const mediaReader = (type: Content['type'] | null, index = 0): Reader => {
  return (scope) => {
    const media = mediaOf(scope, index);
    if (media === null) return null;
    return { type: kindOfMedia(type, media.mime), text: index === 0 ? bodyOf(scope) : null, media, content: {} };
  };
};

const MAX_FILES = 10;
const FURTHER = Array.from({ length: MAX_FILES - 1 }, (_, index) => mediaReader(null, index + 1));

/** The attachments after the first, in their order. */
export function furtherFiles(scope: Scope): Content[] {
  return FURTHER.map((read) => read(scope)).filter((found) => found !== null);
}

/** `ReferralNumMedia` counts the attachments of an advertisement instead. */
function mediaOf({ params }: Scope, index: number): InboundMedia | null {
  const address = first(params, `MediaUrl${String(index)}`);
  if (address === undefined) return null;
  const url = fetchableUrl(address);
  return {
    ...mimeFields(first(params, `MediaContentType${String(index)}`)),
    providerMediaId: asId(/\/Media\/(ME[0-9a-fA-F]{1,64})$/.exec(url ?? '')?.[1] ?? null, 256),
    url,
    sha256: null,
    filename: null,
    sizeBytes: null,
    voice: false,
    inline: false,
  };
}

const FAMILIES = new Map<string, Content['type']>([
  ['image', 'image'],
  ['video', 'video'],
  ['audio', 'audio'],
]);

/** Stickers are told from pictures by their type alone; contact cards come as vCard files. */
function kindOfMedia(said: Content['type'] | null, mime: string): Content['type'] {
  if (mime === 'image/webp' && (said === null || said === 'image')) return 'sticker';
  if (said !== null) return said;
  if (mime === 'text/vcard' || mime === 'text/x-vcard') return 'contacts';
  return FAMILIES.get(mime.split('/')[0] ?? '') ?? 'document';
}

/** A Map, not an object: a message may call its type `constructor`. */
const READERS = new Map<string, Reader>([
  ['image', mediaReader('image')],
  ['video', mediaReader('video')],
  ['audio', mediaReader('audio')],
  ['voice', mediaReader('audio')],
  ['document', mediaReader('document')],
  ['sticker', mediaReader('sticker')],
  ['contacts', mediaReader('contacts')],
  ['location', readLocation],
  ['button', buttonReader('template_button')],
  ['interactive', readInteractive],
]);

/** By what is there: the most telling parameters first. */
const BY_PARAMETERS: readonly Reader[] = [
  mediaReader(null),
  readLocation,
  readFlow,
  buttonReader('button_reply'),
  (scope) => (field(scope, 'ListId') === null ? null : readList(scope)),
];

/** What the message contains; a placeholder that names the type where we cannot draw it. */
export function contentOf(scope: Scope): Content {
  const said = field(scope, 'MessageType', 64)?.toLowerCase() ?? null;
  const reader = READERS.get(said ?? '');
  for (const read of reader === undefined ? BY_PARAMETERS : [reader, ...BY_PARAMETERS]) {
    const found = read(scope);
    if (found !== null) return found;
  }
  return textOrPlaceholder(scope, said);
}

/** A new kind is told by its text; an empty text is one only where no other kind is named. */
function textOrPlaceholder({ params }: Scope, said: string | null): Content {
  const text = asText(first(params, 'Body'), MAX_TEXT) ?? '';
  if (text !== '' || said === null || said === 'text') return plain('text', text);
  return plain('unsupported', null, { unsupported: { type: said, errorCode: null, title: null } });
}
