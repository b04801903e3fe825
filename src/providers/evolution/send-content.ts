/** Which call of an Evolution API server sends a kind of message, and with what. */
import type { SentCard, SentLocation, SentPoll } from '../../contract/content.ts';
import { assertNever } from '../../lib/assert-never.ts';
import type { Loose } from '../../lib/loose.ts';
import type { OutboundFile, SendContent } from '../sending.ts';

/** `field` is where the file goes, in base64: the server may be unable to reach an address of ours. */
export interface EvolutionCall {
  readonly path: string;
  readonly json: Loose;
  readonly attached?: { readonly field: string; readonly file: OutboundFile };
}

/** Null for kinds that a linked device has not; pure. Reactions name no number and are made elsewhere. */
export function callOf(content: Exclude<SendContent, { readonly kind: 'reaction' }>): EvolutionCall | null {
  if ('caption' in content) return fileCall(content);
  switch (content.kind) {
    case 'text':
      return { path: 'message/sendText', json: { text: content.text, linkPreview: content.linkPreview } };
    case 'location':
      return { path: 'message/sendLocation', json: place(content.location) };
    case 'contacts':
      return { path: 'message/sendContact', json: { contact: content.contacts.flatMap(entries) } };
    case 'poll':
      return { path: 'message/sendPoll', json: question(content.poll) };
    case 'interactive':
    case 'template':
      return null;
    default:
      return assertNever(content, 'kind of message');
  }
}

type MediaContent = Extract<SendContent, { readonly caption: string | null }>;

function fileCall(content: MediaContent): EvolutionCall {
  const { kind, file } = content;
  if (kind === 'sticker') return { path: 'message/sendSticker', json: {}, attached: { field: 'sticker', file } };
  return file.voice ? voice(file) : media(content);
}

function media({ kind, file, caption }: MediaContent): EvolutionCall {
  const captioned = caption === null || caption === '' || kind === 'audio' ? {} : { caption };
  const named = file.filename === null ? {} : { fileName: file.filename };
  const json = { mediatype: kind, mimetype: file.mime, ...captioned, ...named };
  return { path: 'message/sendMedia', json, attached: { field: 'media', file } };
}

/** The server converts it to what phones play, where it is something else. */
function voice(file: OutboundFile): EvolutionCall {
  return { path: 'message/sendWhatsAppAudio', json: {}, attached: { field: 'audio', file } };
}

/** The server insists on a name and an address. */
function place({ latitude, longitude, name, address }: SentLocation): Loose {
  const position = `${String(latitude)}, ${String(longitude)}`;
  return { latitude, longitude, name: name ?? address ?? position, address: address ?? name ?? position };
}

/** A card has one number there: a person with two becomes two cards. */
function entries({ name, phones, organization, emails = [] }: SentCard): Loose[] {
  const [email] = emails;
  return phones.map(({ phone }) => ({
    fullName: name,
    phoneNumber: phone,
    ...(organization === undefined ? {} : { organization }),
    ...(email === undefined ? {} : { email }),
  }));
}

/** `selectableCount` 0: as many as one likes. */
function question({ question: name, options, multiple }: SentPoll): Loose {
  return { name, values: options, selectableCount: multiple === true ? 0 : 1 };
}
