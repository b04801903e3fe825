/**
 * Reads what a message contains. Twilio has one set of parameters for all kinds. Where `MessageType` is missing (older
 * captures) or new, the parameters that are present tell the kind.
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

/** Parses a coordinate. It can have more decimals than other numbers do, or an exponent. */
function degrees(text = ''): number | null {
  return /^[+-]?\d{1,3}(\.\d{1,30})?(e[+-]?\d{1,2})?$/i.test(text) ? Number(text) : null;
}

/** A form filled in inside WhatsApp. The customer controls its JSON; if that is broken, `data` is null. */
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

/** Twilio does not document the names of these parameters for WhatsApp. `Body` has the chosen line in any case. */
const readList: Reader = (scope) => {
  const title = field(scope, 'ListTitle') ?? bodyOf(scope);
  if (title === null) return null;
  const interactive = { kind: 'list_reply', id: field(scope, 'ListId'), title };
  return plain('interactive', bodyOf(scope) ?? title, { interactive });
};

const readInteractive: Reader = (scope) => readFlow(scope) ?? buttonReader('button_reply')(scope) ?? readList(scope);

/** With `type` null, the attachment's own type decides. The text belongs to the first attachment. */
const mediaReader = (type: Content['type'] | null, index = 0): Reader => {
  return (scope) => {
    const media = mediaOf(scope, index);
    if (media === null) return null;
    return { type: kindOfMedia(type, media.mime), text: index === 0 ? bodyOf(scope) : null, media, content: {} };
  };
};

const MAX_FILES = 10;
const FURTHER = Array.from({ length: MAX_FILES - 1 }, (_, index) => mediaReader(null, index + 1));

/** The attachments after the first, in order. */
export function furtherFiles(scope: Scope): Content[] {
  return FURTHER.map((read) => read(scope)).filter((found) => found !== null);
}

/** The attachment at `index`. Attachments of an advertisement are separate: `ReferralNumMedia` counts those. */
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

/** Only the MIME type tells a sticker from a picture. Contact cards come as vCard files. */
function kindOfMedia(said: Content['type'] | null, mime: string): Content['type'] {
  if (mime === 'image/webp' && (said === null || said === 'image')) return 'sticker';
  if (said !== null) return said;
  if (mime === 'text/vcard' || mime === 'text/x-vcard') return 'contacts';
  return FAMILIES.get(mime.split('/')[0] ?? '') ?? 'document';
}

/** A Map, not an object: a message may name `constructor` as its type. */
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

/** Readers that look at which parameters are present, the most specific first. */
const BY_PARAMETERS: readonly Reader[] = [
  mediaReader(null),
  readLocation,
  readFlow,
  buttonReader('button_reply'),
  (scope) => (field(scope, 'ListId') === null ? null : readList(scope)),
];

/** The content of the message. If we cannot display it, a placeholder that names the type. */
export function contentOf(scope: Scope): Content {
  const said = field(scope, 'MessageType', 64)?.toLowerCase() ?? null;
  const reader = READERS.get(said ?? '');
  for (const read of reader === undefined ? BY_PARAMETERS : [reader, ...BY_PARAMETERS]) {
    const found = read(scope);
    if (found !== null) return found;
  }
  return textOrPlaceholder(scope, said);
}

/** An unknown kind is shown as its text. An empty text is a text message only if no other kind is named. */
function textOrPlaceholder({ params }: Scope, said: string | null): Content {
  const text = asText(first(params, 'Body'), MAX_TEXT) ?? '';
  if (text !== '' || said === null || said === 'text') return plain('text', text);
  return plain('unsupported', null, { unsupported: { type: said, errorCode: null, title: null } });
}
