/**
 * The parameters that Twilio wants for a kind of message.
 * https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
 */
import { fileOf, type SentLocation, type TemplateComponent, type TemplateParameter } from '../../contract/content.ts';
import { assertNever } from '../../lib/assert-never.ts';
import { refusedLocally } from '../outcome.ts';
import type { SendContent } from '../sending.ts';

type Form = Readonly<Record<string, string>>;

/** Parameters, or the refusal of what Twilio has no call for. */
export type ContentForm = { readonly form: Form } | ReturnType<typeof refusedLocally>;

/** Pure. Twilio fetches files itself, so they need a public address. */
export function contentForm(content: SendContent): ContentForm {
  if ('caption' in content) return content.kind === 'sticker' ? unsupported(content.kind) : media(content);
  switch (content.kind) {
    case 'text':
      return { form: { Body: content.text } };
    case 'location':
      return { form: place(content.location) };
    case 'template':
      return template(content);
    case 'contacts':
    case 'interactive':
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

function media({ file, caption }: Extract<SendContent, { readonly caption: string | null }>): ContentForm {
  const { publicUrl } = file;
  if (publicUrl === null) return NO_ADDRESS;
  const body: Form = caption === null || caption === '' ? {} : { Body: caption };
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

/** Twilio numbers the variables of a whole template; those with a name keep it. */
function variablesOf(components: readonly TemplateComponent[], fileUrl: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const parameter of components.flatMap((component) => component.parameters)) {
    const name = 'parameter_name' in parameter ? parameter.parameter_name : undefined;
    found.set(name ?? String(found.size + 1), valueOf(parameter, fileUrl));
  }
  return found;
}

function valueOf(parameter: TemplateParameter, fileUrl: string): string {
  const file = fileOf(parameter);
  if (file !== null) return 'link' in file ? file.link : fileUrl;
  // Meta's typed values say how they read where a type is unknown.
  if ('currency' in parameter) return parameter.currency.fallback_value;
  if ('date_time' in parameter) return parameter.date_time.fallback_value;
  if ('location' in parameter) return parameter.location.name ?? '';
  if ('payload' in parameter) return parameter.payload;
  if ('coupon_code' in parameter) return parameter.coupon_code;
  return 'text' in parameter ? parameter.text : '';
}
