/** Which call of an Evolution API server sends which kind of message, and with which parameters. */
import type { SentCard, SentLocation, SentPoll } from '../../contract/content.ts';
import { assertNever } from '../../lib/assert-never.ts';
import type { Loose } from '../../lib/loose.ts';
import type { OutboundFile, SendContent } from '../sending.ts';

/** One call. `field` takes the file as base64, because the server may be unable to reach a URL of ours. */
export interface EvolutionCall {
  readonly path: string;
  readonly json: Loose;
  readonly attached?: { readonly field: string; readonly file: OutboundFile };
}

/**
 * The call for this content; null for kinds that a linked device does not have. Reactions name no number and are built
 * elsewhere. Pure.
 */
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

/** The server converts the file if phones cannot play its format. */
function voice(file: OutboundFile): EvolutionCall {
  return { path: 'message/sendWhatsAppAudio', json: {}, attached: { field: 'audio', file } };
}

/** The server requires a name and an address. */
function place({ latitude, longitude, name, address }: SentLocation): Loose {
  const position = `${String(latitude)}, ${String(longitude)}`;
  return { latitude, longitude, name: name ?? address ?? position, address: address ?? name ?? position };
}

/** The server's cards have one number each: a person with two becomes two cards. */
function entries({ name, phones, organization, emails = [] }: SentCard): Loose[] {
  const [email] = emails;
  return phones.map(({ phone }) => ({
    fullName: name,
    phoneNumber: phone,
    ...(organization === undefined ? {} : { organization }),
    ...(email === undefined ? {} : { email }),
  }));
}

/** `selectableCount` 0 means any number of options. */
function question({ question: name, options, multiple }: SentPoll): Loose {
  return { name, values: options, selectableCount: multiple === true ? 0 : 1 };
}
