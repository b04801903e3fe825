/** Reads what a WhatsApp Web message contains: protobuf content as the server versions serialise it. */
import { parseBoundedJson, storableJson } from '../../lib/bounded-json.ts';
import {
  asId,
  asList,
  asLong,
  asName,
  asNumber,
  asObject,
  asObjects,
  asText,
  orEmpty,
  type Loose,
} from '../../lib/loose.ts';
import { phoneDigits } from '../identity.ts';
import { MAX_TEXT, plain, type Content } from '../drawn-content.ts';
import { fetchableUrl, mimeFields, sha256Hex } from '../media-fields.ts';
import type { InboundMedia } from '../inbound.ts';

/** A message without its wrappers, and what the wrappers add to it. */
export interface Unwrapped {
  readonly message: Loose;
  readonly viewOnce: boolean;
  /** The webhook itself has the file's bytes, as base64. */
  readonly inline: boolean;
  readonly mediaUrl: string | null;
}

const WRAPPERS = [
  'ephemeralMessage',
  'viewOnceMessage',
  'viewOnceMessageV2',
  'viewOnceMessageV2Extension',
  'documentWithCaptionMessage',
  'deviceSentMessage',
  'editedMessage',
  'groupMentionedMessage',
  'associatedChildMessage',
  'lottieStickerMessage',
  'botInvokeMessage',
] as const;
const MAX_WRAPPERS = 8;

/** Removes the wrappers, because the server does not. Otherwise chats with disappearing messages would look empty. */
export function unwrap(message: Loose): Unwrapped {
  let inner = message;
  let viewOnce = false;
  const layers = [message];
  for (let depth = 0; depth < MAX_WRAPPERS; depth++) {
    const wrapper = WRAPPERS.find((name) => asObject(orEmpty(inner[name])['message']) !== null);
    if (wrapper === undefined) break;
    viewOnce ||= wrapper.startsWith('viewOnce');
    inner = orEmpty(orEmpty(inner[wrapper])['message']);
    layers.push(inner);
  }
  const inline = layers.some((layer) => typeof layer['base64'] === 'string' && layer['base64'] !== '');
  const mediaUrl = layers.map((layer) => fetchableUrl(layer['mediaUrl'])).find((url) => url !== null) ?? null;
  return { message: inner, viewOnce, inline, mediaUrl };
}

const MAX_ITEMS = 256;

type Reader = (part: unknown, wrapped: Unwrapped) => Content | null;

const mediaReader = (type: Content['type']): Reader => {
  return (part, wrapped) => {
    const file = orEmpty(part);
    const animated = typeof file['isAnimated'] === 'boolean' ? { animated: file['isAnimated'] } : {};
    const text = asName(file['caption'], MAX_TEXT);
    return { type, text, media: mediaOf(file, wrapped), content: type === 'sticker' ? animated : {} };
  };
};

/** The file's own `url` is encrypted and useless without a key. Only `mediaUrl` (the server's S3) can be fetched. */
function mediaOf(file: Loose, wrapped: Unwrapped): InboundMedia {
  return {
    ...mimeFields(file['mimetype']),
    providerMediaId: null,
    url: wrapped.mediaUrl,
    sha256: sha256Hex(file['fileSha256']),
    filename: asName(file['fileName'], 512) ?? asName(file['title'], 512),
    sizeBytes: asLong(file['fileLength']),
    voice: file['ptt'] === true,
    inline: wrapped.inline,
  };
}

const locationReader = (live: boolean): Reader => {
  return (part) => {
    const place = orEmpty(part);
    const latitude = asNumber(place['degreesLatitude']);
    const longitude = asNumber(place['degreesLongitude']);
    if (latitude === null || longitude === null || Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return null;
    const names = { name: asName(place['name'], 1000), address: asName(place['address'], 1000) };
    const known = Object.fromEntries(Object.entries(names).filter(([, value]) => value !== null));
    const location = { latitude, longitude, ...known };
    const text = asName(place['caption'], MAX_TEXT) ?? asName(place['comment'], MAX_TEXT);
    return plain('location', text, live ? { location, live: true } : { location });
  };
};

function cardOf(card: Loose): Loose {
  const vcard = asText(card['vcard'], 16_384) ?? '';
  // Unfold long lines: a continuation begins with a space or tab (RFC 6350, 3.2).
  const lines = vcard.replaceAll(/\r?\n[ \t]/g, '').split(/\r?\n/);
  const phones = lines
    .filter((line) => /^(item\d+\.)?TEL[;:]/i.test(line))
    .slice(0, 32)
    .map((line) => {
      const waId = phoneDigits(/waid=(\d+)/i.exec(line)?.[1]);
      return { phone: line.slice(line.indexOf(':') + 1).slice(0, 64), ...(waId === null ? {} : { waId }) };
    });
  const formatted = lines.find((line) => /^FN[;:]/i.test(line));
  const name = asName(card['displayName'], 512) ?? formatted?.slice(formatted.indexOf(':') + 1).slice(0, 512);
  return { name: name ?? '', phones };
}

const contacts = (cards: readonly Loose[]): Content | null => {
  return cards.length === 0 ? null : plain('contacts', null, { contacts: cards.slice(0, MAX_ITEMS).map(cardOf) });
};

const chosen = (kind: string, id: unknown, title: unknown, description: unknown = null): Content => {
  const text = asText(title, 1024);
  const more = asName(description, 1024);
  const found = { kind, id: asText(id, 1024), title: text, ...(more === null ? {} : { description: more }) };
  return plain('interactive', text, { interactive: found });
};

const readListResponse: Reader = (part) => {
  const reply = orEmpty(part);
  const row = orEmpty(reply['singleSelectReply'])['selectedRowId'];
  return chosen('list_reply', row, reply['title'], reply['description']);
};

const readFlowResponse: Reader = (part) => {
  const reply = orEmpty(part);
  const flow = orEmpty(reply['nativeFlowResponseMessage']);
  const json = flow['paramsJson'];
  const parsed = typeof json === 'string' && json.length <= MAX_TEXT ? parseBoundedJson(Buffer.from(json), 16) : null;
  const data = parsed?.ok === true ? storableJson(parsed.value) : null;
  const interactive = { kind: 'flow_reply', name: asText(flow['name'], 256), data };
  return plain('interactive', asName(orEmpty(reply['body'])['text'], MAX_TEXT), { interactive });
};

const readPoll: Reader = (part) => {
  const poll = orEmpty(part);
  const question = asText(poll['name'], 4096);
  const options = asObjects(poll['options']).slice(0, MAX_ITEMS);
  const names = options.flatMap((option) => asName(option['optionName'], 1024) ?? []);
  return plain('poll', question, {
    poll: { question, options: names, selectable: asNumber(poll['selectableOptionsCount']) },
  });
};

/** Amounts are in thousandths of the currency unit. */
const readOrder: Reader = (part) => {
  const order = orEmpty(part);
  const thousandths = asLong(order['totalAmount1000']);
  return plain('order', asName(order['message'], MAX_TEXT), {
    order: {
      orderId: asId(order['orderId'], 256),
      itemCount: asNumber(order['itemCount']),
      total: thousandths === null ? null : thousandths / 1000,
      currency: asText(order['totalCurrencyCode'], 8),
    },
  });
};

/** Tried in this order. A Map, because the keys come from outside. */
const READERS = new Map<string, Reader>([
  ['conversation', (part) => (typeof part === 'string' ? plain('text', asText(part, MAX_TEXT)) : null)],
  ['extendedTextMessage', (part) => plain('text', asText(orEmpty(part)['text'], MAX_TEXT))],
  ['imageMessage', mediaReader('image')],
  ['videoMessage', mediaReader('video')],
  ['ptvMessage', mediaReader('video')],
  ['audioMessage', mediaReader('audio')],
  ['documentMessage', mediaReader('document')],
  ['stickerMessage', mediaReader('sticker')],
  ['locationMessage', locationReader(false)],
  ['liveLocationMessage', locationReader(true)],
  ['contactMessage', (part) => contacts([orEmpty(part)])],
  ['contactsArrayMessage', (part) => contacts(asObjects(orEmpty(part)['contacts']))],
  ['buttonsResponseMessage', (part) => button(orEmpty(part), 'button_reply', 'selectedButtonId')],
  ['templateButtonReplyMessage', (part) => button(orEmpty(part), 'template_button', 'selectedId')],
  ['listResponseMessage', readListResponse],
  ['interactiveResponseMessage', readFlowResponse],
  ['orderMessage', readOrder],
  ...['', 'V2', 'V3', 'V4', 'V5'].map((version): [string, Reader] => [`pollCreationMessage${version}`, readPoll]),
]);

function button(reply: Loose, kind: string, idKey: string): Content {
  return chosen(kind, reply[idKey], reply['selectedDisplayText']);
}

/** Keys that carry no content of their own. */
const SILENT = new Set(['senderKeyDistributionMessage', 'messageContextInfo', 'base64', 'mediaUrl', 'speechToText']);

/** The content's key and the content itself. `key` is null when there is nothing to display. */
export function contentOf(wrapped: Unwrapped): { readonly key: string | null; readonly drawn: Content } {
  const { message, viewOnce } = wrapped;
  const key = contentKey(message);
  if (key === null) return { key, drawn: unsupported('unknown') };
  const drawn = READERS.get(key)?.(message[key], wrapped) ?? unsupported(key);
  const once = viewOnce || orEmpty(message[key])['viewOnce'] === true;
  return { key, drawn: once ? { ...drawn, content: { ...drawn.content, viewOnce: true } } : drawn };
}

function contentKey(message: Loose): string | null {
  const present = (name: string): boolean => (message[name] ?? null) !== null;
  const known = [...READERS.keys()].find(present);
  return known ?? Object.keys(message).find((name) => !SILENT.has(name) && present(name)) ?? null;
}

function unsupported(key: string): Content {
  return plain('unsupported', null, { unsupported: { type: asText(key, 64) } });
}

/** The new content of an edited message. Some versions wrap it once more, or in a protocolMessage of its own. */
export function editedContent(edited: Loose): Content {
  const wrapped = unwrap(asObject(edited['message']) ?? edited);
  const inner = asObject(orEmpty(wrapped.message['protocolMessage'])['editedMessage']);
  return contentOf(inner === null ? wrapped : unwrap(inner)).drawn;
}

/** The options that the voter now has chosen; null when the vote is encrypted. */
export function votedOptions(vote: Loose): string[] | null {
  if (!Array.isArray(vote['selectedOptions'])) return null;
  const chosen = asList(vote['selectedOptions']).slice(0, MAX_ITEMS);
  const names = chosen.flatMap((option) => asText(option, 1024) ?? []);
  return names.length === chosen.length ? names : null;
}
