/** One content of every kind that can be asked for, with files that are held in memory. */
import { Readable } from 'node:stream';
import type { MediaKind } from '../../src/contract/capabilities.ts';
import type { TemplateComponent } from '../../src/contract/content.ts';
import type { MediaId } from '../../src/contract/ids.ts';
import type { Interactive } from '../../src/contract/interactive.ts';
import type { OutboundFile, SendContent } from '../../src/providers/sending.ts';

/** A file with these bytes. */
export function aFile(bytes: Buffer, over: Partial<OutboundFile> = {}): OutboundFile {
  return {
    ...{ mime: 'image/png', filename: 'offer "one".png', sizeBytes: bytes.length, voice: false },
    // In pieces that are no multiples of three, as they come from a disk.
    open: () => Readable.from([bytes.subarray(0, 4), bytes.subarray(4)]),
    publicUrl: 'https://inbox.test/api/media/public/token',
    ...over,
  };
}

const MIMES = {
  image: 'image/png',
  video: 'video/mp4',
  audio: 'audio/mpeg',
  document: 'application/pdf',
  sticker: 'image/webp',
} satisfies Record<MediaKind, string>;

const media = (kind: MediaKind, caption: string | null, over: Partial<OutboundFile> = {}): SendContent => ({
  kind,
  file: aFile(Buffer.from(`bytes of the ${kind}`), { mime: MIMES[kind], ...over }),
  caption,
});

export const BUTTONS: Interactive = {
  type: 'button',
  header: { type: 'text', text: 'Delivery' },
  body: { text: 'When does it suit you?' },
  footer: { text: 'Free of charge' },
  action: {
    buttons: [
      { type: 'reply', reply: { id: 'am', title: 'Morning' } },
      { type: 'reply', reply: { id: 'pm', title: 'Afternoon' } },
    ],
  },
};

const LIST: Interactive = {
  type: 'list',
  body: { text: 'Which colour?' },
  action: { button: 'Colours', sections: [{ rows: [{ id: 'b', title: 'Blue', description: 'Dark' }] }] },
};

const LINK: Interactive = {
  type: 'cta_url',
  body: { text: 'Pay here' },
  action: { name: 'cta_url', parameters: { display_text: 'Pay', url: 'https://pay.test/7' } },
};

export const FLOW: Interactive = {
  type: 'flow',
  header: { type: 'text', text: 'Booking' },
  body: { text: 'Choose a day' },
  action: {
    name: 'flow',
    parameters: {
      flow_message_version: '3',
      ...{ flow_token: 'booking-7', flow_id: '1000001', flow_cta: 'Book', flow_action: 'navigate' },
      flow_action_payload: { screen: 'DAYS', data: { from: '2026-01-02' } },
    },
  },
};

export const PRODUCT: Interactive = {
  type: 'product',
  body: { text: 'This one?' },
  action: { catalog_id: '2000001', product_retailer_id: 'jacket-m' },
};

export const PRODUCT_LIST: Interactive = {
  type: 'product_list',
  header: { type: 'text', text: 'Jackets' },
  body: { text: 'All that we have in M' },
  action: {
    catalog_id: '2000001',
    sections: [
      { title: 'Rain', product_items: [{ product_retailer_id: 'jacket-m' }, { product_retailer_id: 'cape-m' }] },
      { title: 'Winter', product_items: [{ product_retailer_id: 'parka-m' }] },
    ],
  },
};

export const LOCATION_REQUEST: Interactive = {
  type: 'location_request_message',
  body: { text: 'Where shall we deliver?' },
  action: { name: 'send_location' },
};

const MEDIA_ID = '01890000-0000-7000-8000-0000000000aa' as MediaId;

const COMPONENTS: TemplateComponent[] = [
  {
    type: 'header',
    parameters: [{ type: 'document', document: { mediaId: MEDIA_ID, filename: 'a.pdf' } }],
  },
  {
    type: 'body',
    parameters: [
      { type: 'text', text: 'Ada' },
      { type: 'currency', currency: { fallback_value: '7 €', code: 'EUR', amount_1000: 7000 } },
    ],
  },
  { type: 'button', sub_type: 'url', index: 1, parameters: [{ type: 'text', text: 'order-7' }] },
];

/** Every content by a name; the template's name is one that Twilio takes too. */
export const CONTENTS = {
  text: { kind: 'text', text: 'see https://x.test', linkPreview: true },
  'text without a preview': { kind: 'text', text: 'see https://x.test', linkPreview: false },
  image: media('image', 'Look'),
  video: media('video', null),
  audio: media('audio', null),
  voice: media('audio', null, { mime: 'audio/ogg', voice: true }),
  document: media('document', 'The offer', { filename: 'offer.pdf' }),
  sticker: media('sticker', null),
  location: {
    kind: 'location',
    location: { latitude: 38.7, longitude: -9.1, name: 'Shop', address: 'Rua Augusta 1' },
  },
  contacts: {
    kind: 'contacts',
    contacts: [
      { name: 'Ada Example', phones: [{ phone: '+1 555 010 0101', waId: '15550100101' }], emails: ['a@x.test'] },
    ],
  },
  buttons: { kind: 'interactive', interactive: BUTTONS, file: null },
  'buttons under a picture': {
    kind: 'interactive',
    interactive: { ...BUTTONS, header: { type: 'image', image: { mediaId: MEDIA_ID } } },
    file: aFile(Buffer.from('bytes of the picture')),
  },
  'a link under a document': {
    kind: 'interactive',
    interactive: { ...LINK, header: { type: 'document', document: { mediaId: MEDIA_ID, filename: 'a.pdf' } } },
    file: aFile(Buffer.from('bytes of the document'), { mime: 'application/pdf' }),
  },
  list: { kind: 'interactive', interactive: LIST, file: null },
  link: { kind: 'interactive', interactive: LINK, file: null },
  flow: { kind: 'interactive', interactive: FLOW, file: null },
  product: { kind: 'interactive', interactive: PRODUCT, file: null },
  'product list': { kind: 'interactive', interactive: PRODUCT_LIST, file: null },
  'location request': { kind: 'interactive', interactive: LOCATION_REQUEST, file: null },
  poll: { kind: 'poll', poll: { question: 'Which day?', options: ['Monday', 'Tuesday'] } },
  template: {
    ...{ kind: 'template', name: `HX${'0'.repeat(32)}`, language: 'en_US', components: COMPONENTS },
    file: aFile(Buffer.from('bytes of the header'), { mime: 'application/pdf' }),
  },
} as const satisfies Record<string, SendContent>;

/** Name of a content. */
export type ContentName = keyof typeof CONTENTS;
export const CONTENT_NAMES = Object.keys(CONTENTS) as ContentName[];
