/**
 * What a Cloud API message contains, by its type.
 * https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components
 */
import { parseBoundedJson, storableJson } from '../../lib/bounded-json.ts';
import {
  asId,
  asName,
  asNumber,
  asObject,
  asObjects,
  asText,
  instantFromSeconds,
  orEmpty,
  type Loose,
} from '../../lib/loose.ts';
import { MAX_TEXT, plain, type Content } from '../drawn-content.ts';
import { fetchableUrl, mimeFields, sha256Hex } from '../media-fields.ts';
import { phoneDigits } from '../identity.ts';
import type { InboundMedia } from '../inbound.ts';

const MAX_CARDS = 256;

/** Reads the part of a message that is named like its type. Null when that part is missing or invalid. */
type Reader = (part: unknown) => Content | null;

const readText: Reader = (part) => plain('text', asText(orEmpty(part)['body'], MAX_TEXT));

const mediaReader = (type: Content['type']): Reader => {
  return (part) => {
    const file = asObject(part);
    if (file === null) return null;
    const text = asName(file['caption'], MAX_TEXT);
    const animated = typeof file['animated'] === 'boolean' ? { animated: file['animated'] } : {};
    return { type, text, media: mediaOf(file), content: animated };
  };
};

function mediaOf(file: Loose): InboundMedia {
  return {
    ...mimeFields(file['mime_type']),
    providerMediaId: asId(file['id'], 256),
    url: fetchableUrl(file['url']),
    sha256: sha256Hex(file['sha256']),
    filename: asName(file['filename'], 512),
    sizeBytes: null,
    voice: file['voice'] === true,
    inline: false,
  };
}

const readLocation: Reader = (part) => {
  const place = orEmpty(part);
  const latitude = asNumber(place['latitude']);
  const longitude = asNumber(place['longitude']);
  if (latitude === null || longitude === null || Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return null;
  const names = {
    name: asName(place['name'], 1000),
    address: asName(place['address'], 1000),
    url: asName(place['url'], 2048),
  };
  const known = Object.fromEntries(Object.entries(names).filter(([, value]) => value !== null));
  return plain('location', null, { location: { latitude, longitude, ...known } });
};

const readContacts: Reader = (part) => {
  const cards = asObjects(part).slice(0, MAX_CARDS).map(cardOf);
  return cards.length === 0 ? null : plain('contacts', null, { contacts: cards });
};

function cardOf(card: Loose): Loose {
  const phones = asObjects(card['phones'])
    .slice(0, 32)
    .map((entry) => {
      const waId = phoneDigits(entry['wa_id']);
      return { phone: asText(entry['phone'], 64) ?? '', ...(waId === null ? {} : { waId }) };
    });
  return { name: nameOf(orEmpty(card['name'])), phones };
}

function nameOf(name: Loose): string {
  const parts = ['first_name', 'middle_name', 'last_name'].map((part) => asName(name[part], 512));
  return asName(name['formatted_name'], 512) ?? parts.filter((part) => part !== null).join(' ');
}

/** Chooses by `type`, or, when that is missing, by the reply that is present. */
const readInteractive: Reader = (part) => {
  const interactive = orEmpty(part);
  const type =
    asName(interactive['type'], 64) ?? [...REPLIES.keys()].find((key) => asObject(interactive[key]) !== null);
  return REPLIES.get(type ?? '')?.(interactive) ?? null;
};

function chosen(kind: string, reply: Loose): Content {
  const title = asText(reply['title'], 1024);
  const description = asName(reply['description'], 1024);
  const found = { kind, id: asId(reply['id'], 1024), title, ...(description === null ? {} : { description }) };
  return plain('interactive', title, { interactive: found });
}

const REPLIES = new Map<string, (interactive: Loose) => Content | null>([
  ['button_reply', (from) => chosen('button_reply', orEmpty(from['button_reply']))],
  ['list_reply', (from) => chosen('list_reply', orEmpty(from['list_reply']))],
  ['nfm_reply', (from) => flowReply(orEmpty(from['nfm_reply']))],
  ['call_permission_reply', (from) => callPermission(orEmpty(from['call_permission_reply']))],
]);

/** `response_json` is a string that the form's author controls. If it is missing or broken, `data` is null. */
function flowReply(reply: Loose): Content {
  const json = reply['response_json'];
  const parsed = typeof json === 'string' && json.length <= MAX_TEXT ? parseBoundedJson(Buffer.from(json), 16) : null;
  const data = storableJson(parsed?.ok === true ? parsed.value : asObject(json));
  const interactive = { kind: 'flow_reply', name: asText(reply['name'], 256), data };
  return plain('interactive', asName(reply['body'], MAX_TEXT), { interactive });
}

function callPermission(reply: Loose): Content {
  const expiresMs = instantFromSeconds(reply['expiration_timestamp']);
  const interactive = {
    kind: 'call_permission_reply',
    response: asText(reply['response'], 64),
    expiresAt: expiresMs === null ? null : new Date(expiresMs).toISOString(),
  };
  return plain('interactive', null, { interactive });
}

/** The answer to a template's quick reply. Its type and keys differ from those of an interactive button's answer. */
const readButton: Reader = (part) => {
  const button = asObject(part);
  if (button === null) return null;
  const title = asText(button['text'], 1024);
  const interactive = { kind: 'template_button', id: asId(button['payload'], 1024), title };
  return plain('interactive', title, { interactive });
};

const readOrder: Reader = (part) => {
  const order = asObject(part);
  if (order === null) return null;
  const items = asObjects(order['product_items'])
    .slice(0, MAX_CARDS)
    .map((item) => ({
      sku: asId(item['product_retailer_id'], 256),
      quantity: asNumber(item['quantity']),
      price: asNumber(item['item_price']),
      currency: asText(item['currency'], 8),
    }));
  return plain('order', asName(order['text'], MAX_TEXT), {
    order: { catalogId: asId(order['catalog_id'], 256), items },
  });
};

/** A Map, not an object: a message may name `constructor` or `__proto__` as its type. */
const READERS = new Map<string, Reader>([
  ['text', readText],
  ['image', mediaReader('image')],
  ['video', mediaReader('video')],
  ['audio', mediaReader('audio')],
  ['document', mediaReader('document')],
  ['sticker', mediaReader('sticker')],
  ['location', readLocation],
  ['contacts', readContacts],
  ['interactive', readInteractive],
  ['button', readButton],
  ['order', readOrder],
  ['media_placeholder', () => plain('media_placeholder', null)],
]);

/** Types whose part is not displayable content. */
const OTHER_TYPES = ['reaction', 'edit', 'revoke', 'system'];

function isPart(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** The type that the message states. If it states none, the type of the content that it carries. */
export function typeOf(message: Loose): string {
  const said = asName(message['type'], 64);
  if (said !== null) return said;
  return [...READERS.keys(), ...OTHER_TYPES].find((type) => isPart(message[type])) ?? 'unknown';
}

/** The content of a message of this type. If we cannot display it, a placeholder that says why. */
export function contentOf(message: Loose, type: string, errors: readonly Loose[]): Content {
  return READERS.get(type)?.(message[type]) ?? unsupported(message, type, errors);
}

function unsupported(message: Loose, type: string, errors: readonly Loose[]): Content {
  const error = asObjects(message['errors'])[0] ?? errors[0];
  const inner = asName(orEmpty(message['unsupported'])['type'], 64);
  const vague = type === 'unsupported' || type === 'unknown';
  const details = {
    type: inner ?? (vague ? 'unknown' : type),
    errorCode: asNumber(error?.['code']),
    title: asName(error?.['title'], 256),
  };
  return plain('unsupported', null, { unsupported: details });
}
