/**
 * The parameters that Twilio wants for a kind of message.
 * https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
 */
import { valuesOf, type SentLocation, type TemplateComponent, type TemplateParameter } from '../../contract/content.ts';
import { fileOf } from '../../contract/parts.ts';
import { assertNever } from '../../lib/assert-never.ts';
import { refusedLocally } from '../outcome.ts';
import type { SendContent } from '../sending.ts';

type Form = Readonly<Record<string, string>>;

/** The parameters, or a refusal of what Twilio cannot send. */
export type ContentForm = { readonly form: Form } | ReturnType<typeof refusedLocally>;

/** Builds the parameters for this content. Twilio fetches files itself, so they need a public URL. Pure. */
export function contentForm(content: SendContent): ContentForm {
  if ('caption' in content) return media(content);
  switch (content.kind) {
    case 'text':
      return { form: { Body: content.text } };
    case 'location':
      return { form: place(content.location) };
    case 'template':
      return template(content);
    case 'contacts':
    case 'interactive':
    case 'poll':
    case 'reaction':
      return unsupported(content.kind);
    default:
      return assertNever(content, 'kind of message');
  }
}

function unsupported(kind: SendContent['kind']): ContentForm {
  return refusedLocally('unsupported', `Twilio cannot send this kind of message (${kind})`);
}

const NO_ADDRESS = refusedLocally(
  'no_public_url',
  'Files cannot be sent through Twilio: this installation has no public address that Twilio could fetch them from',
);

/** The MIME type decides how the phone shows a file: a WebP is a sticker. */
function media({ kind, file, caption }: Extract<SendContent, { readonly caption: string | null }>): ContentForm {
  const { publicUrl } = file;
  if (publicUrl === null) return NO_ADDRESS;
  const body: Form = caption === null || caption === '' || kind === 'sticker' ? {} : { Body: caption };
  return { form: { MediaUrl: publicUrl, ...body } };
}

/** https://www.twilio.com/docs/whatsapp/message-features#location-messages-with-whatsapp */
function place({ latitude, longitude, name, address }: SentLocation): Form {
  const label = name ?? address;
  const position = `geo:${String(latitude)},${String(longitude)}`;
  const words = [name, address].filter((part) => part !== undefined).join(', ');
  return {
    Body: words === '' ? `${String(latitude)}, ${String(longitude)}` : words,
    PersistentAction: label === undefined ? position : `${position}|${label.replaceAll('|', ' ')}`,
  };
}

function template({ name, components, file }: Extract<SendContent, { readonly kind: 'template' }>): ContentForm {
  if (!/^HX[0-9a-fA-F]{32}$/.test(name)) {
    return refusedLocally('template', 'Twilio knows templates by their Content SID, which begins with HX');
  }
  if (file !== null && file.publicUrl === null) return NO_ADDRESS;
  const variables = variablesOf(components, file?.publicUrl ?? '');
  const filled: Form = variables.size === 0 ? {} : { ContentVariables: JSON.stringify(Object.fromEntries(variables)) };
  return { form: { ContentSid: name, ...filled } };
}

/**
 * Twilio numbers variables across the whole template. Named ones keep their name; the others get the numbers that are
 * left.
 */
function variablesOf(components: readonly TemplateComponent[], fileUrl: string): Map<string, string> {
  const all = valuesOf({ components });
  const taken = new Set(all.map(nameOf));
  const found = new Map<string, string>();
  let next = 1;
  for (const parameter of all) {
    while (taken.has(String(next))) next += 1;
    found.set(nameOf(parameter) ?? String(next++), valueOf(parameter, fileUrl));
  }
  return found;
}

function nameOf(parameter: TemplateParameter): string | undefined {
  return 'parameter_name' in parameter ? parameter.parameter_name : undefined;
}

function valueOf(parameter: TemplateParameter, fileUrl: string): string {
  const file = fileOf(parameter);
  if (file !== null) return 'link' in file ? file.link : fileUrl;
  // Meta's typed values carry a fallback text for where their type is unknown.
  if ('currency' in parameter) return parameter.currency.fallback_value;
  if ('date_time' in parameter) return parameter.date_time.fallback_value;
  if ('location' in parameter) return parameter.location.name ?? '';
  if ('payload' in parameter) return parameter.payload;
  if ('coupon_code' in parameter) return parameter.coupon_code;
  return 'text' in parameter ? parameter.text : '';
}
