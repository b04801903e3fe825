/**
 * What a message looks like in the Graph API.
 * https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
 */
import type { SentCard, TemplateComponent } from '../../contract/content.ts';
import { headerOf, type Interactive } from '../../contract/interactive.ts';
import { fileOf } from '../../contract/parts.ts';
import type { Loose } from '../../lib/loose.ts';
import { assertNever } from '../../lib/assert-never.ts';
import type { SendContent, SendRequest } from '../sending.ts';

/**
 * Builds `type` and the part named after it; null for kinds that Meta does not have. `uploadedId` is Meta's id of the
 * content's file. Pure.
 */
export function contentOf({ content, uploadedId }: Pick<SendRequest, 'content' | 'uploadedId'>): Loose | null {
  if ('caption' in content) return typed(content.kind, mediaOf(content, uploadedId));
  switch (content.kind) {
    case 'text':
      return typed('text', { body: content.text, preview_url: content.linkPreview && hasAddress(content.text) });
    case 'location':
      return typed('location', content.location);
    case 'contacts':
      return typed('contacts', content.contacts.map(card));
    case 'interactive':
      return typed('interactive', questionOf(content.interactive, uploadedId));
    case 'template':
      return typed('template', templateOf(content, uploadedId));
    case 'poll':
      return null;
    case 'reaction':
      return typed('reaction', { message_id: content.targetId, emoji: content.emoji });
    default:
      return assertNever(content, 'kind of message');
  }
}

const typed = (type: string, part: unknown): Loose => ({ type, [type]: part });

const hasAddress = (text: string): boolean => /https?:\/\//i.test(text);

type MediaContent = Extract<SendContent, { readonly caption: string | null }>;

/** Meta refuses a caption with audio and stickers, and a file name with anything but a document. */
function mediaOf({ kind, file, caption }: MediaContent, uploadedId: string | null): Loose {
  const named = kind === 'document' && file.filename !== null ? { filename: file.filename } : {};
  const captioned = caption === null || caption === '' || kind === 'audio' || kind === 'sticker' ? {} : { caption };
  const voice = kind === 'audio' && file.voice ? { voice: true } : {};
  return { id: uploadedId, ...captioned, ...named, ...voice };
}

/** Meta requires one part of the name besides the full name. */
function card({ name, phones, organization, emails = [] }: SentCard): Loose {
  return {
    name: { formatted_name: name, first_name: name },
    phones: phones.map(({ phone, waId }) => ({ phone, ...(waId === undefined ? {} : { wa_id: waId }) })),
    ...(organization === undefined ? {} : { org: { company: organization } }),
    ...(emails.length === 0 ? {} : { emails: emails.map((email) => ({ email })) }),
  };
}

function questionOf(interactive: Interactive, uploadedId: string | null): Loose {
  const [header] = headerOf(interactive);
  return header === undefined ? interactive : { ...interactive, header: withMetasId(header, uploadedId) };
}

type Template = Extract<SendContent, { readonly kind: 'template' }>;

function templateOf({ name, language, components }: Template, uploadedId: string | null): Loose {
  const filled = components.map((component) => componentOf(component, uploadedId));
  return { name, language: { code: language }, ...(filled.length === 0 ? {} : { components: filled }) };
}

function componentOf(component: TemplateComponent, uploadedId: string | null): Loose {
  const parameters = component.parameters.map((parameter) => withMetasId(parameter, uploadedId));
  return component.type === 'button'
    ? { ...component, index: String(component.index), parameters }
    : { ...component, parameters };
}

/** Replaces our id of an attachment with Meta's. */
function withMetasId(part: Loose & { readonly type: string }, uploadedId: string | null): Loose {
  const file = fileOf(part);
  if (file === null || !('mediaId' in file)) return part;
  const named = file.filename === undefined ? {} : { filename: file.filename };
  return { type: part.type, [part.type]: { id: uploadedId, ...named } };
}
