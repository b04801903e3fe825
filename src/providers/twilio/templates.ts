/**
 * Lists Content templates with their WhatsApp approvals.
 * https://www.twilio.com/docs/content/content-api-resources#fetch-content-and-approval-status
 */
import type { Template, TemplateButton, TemplateStatus } from '../../contract/templates.ts';
import { asName, asObject, asObjects, asText, orEmpty, type Loose } from '../../lib/loose.ts';
import type { CarrierTemplate } from '../managing.ts';
import type { Provider } from '../provider.ts';
import { placeholdersIn } from '../template-text.ts';
import { askTwilio, hostOf, nextPage } from './asking.ts';

/** Reads one page. Never throws. */
export const listTemplatesTwilio: NonNullable<Provider['listTemplates']> = async (http, credentials, page) => {
  const host = hostOf(credentials, 'content');
  const found = await askTwilio(http, credentials, page ?? `${host}/v1/ContentAndApprovals?PageSize=100`);
  if (found.kind !== 'read') return found;
  const items = asObjects(found.answer['contents'])
    .map(templateOf)
    .filter((item) => item !== null);
  return { kind: 'page', items, next: nextPage(orEmpty(found.answer['meta'])['next_page_url'], host) };
};

const STATUSES = new Map<string, TemplateStatus>([
  ['approved', 'approved'],
  ['received', 'pending'],
  ['pending', 'pending'],
  ['rejected', 'rejected'],
  ['paused', 'paused'],
  ['disabled', 'disabled'],
  ['unsubmitted', 'pending'],
]);

/** A template is sent by its SID. Its variables are numbered or named across the whole template. */
function templateOf(item: Loose): CarrierTemplate | null {
  const sid = asName(item['sid'], 64);
  const language = asName(item['language'], 16);
  if (sid === null || language === null) return null;
  const approval = orEmpty(item['approval_requests']);
  const part = contentOf(orEmpty(item['types']));
  return {
    name: sid,
    language,
    providerId: sid,
    title: asName(item['friendly_name'], 256) ?? sid,
    category: asName(approval['category'], 64),
    status: STATUSES.get((asName(approval['status'], 32) ?? 'unsubmitted').toLowerCase()) ?? 'unknown',
    reason: asName(approval['rejection_reason'], 256),
    quality: null,
    ...part,
    parameters: parametersOf(item, part),
  };
}

/**
 * The parameters of the text. A number is a position in the whole template. If a file or a link takes a parameter too,
 * the text's values go by name, so that no value is mistaken for another.
 */
function parametersOf(item: Loose, { body, header, buttons }: Part): Template['parameters'] {
  const declared = Object.keys(orEmpty(item['variables'])).slice(0, 100);
  const names = body === '' ? declared : placeholdersIn(body);
  const isShared = header?.parameter === true || buttons.some(({ parameter }) => parameter);
  const isPositional = !isShared && names.every((name) => /^\d+$/.test(name));
  return { style: isPositional ? 'positional' : 'named', names };
}

type Part = Pick<CarrierTemplate, 'body' | 'footer' | 'header' | 'buttons'>;

/**
 * Reads one of the template's types. All are renderings of the same message; the richest ones for WhatsApp are tried
 * first.
 */
function contentOf(types: Loose): Part {
  const order = ['whatsapp/card', 'twilio/card', 'whatsapp/authentication', ...Object.keys(types)];
  const type = order.find((name) => asObject(types[name]) !== null) ?? '';
  const part = orEmpty(types[type]);
  return {
    body: asText(part['body'] ?? part['title'], 4096) ?? '',
    footer: asName(part['footer'] ?? part['subtitle'], 256),
    header: headerOf(part),
    buttons: asObjects(part['actions']).slice(0, 10).map(buttonOf),
  };
}

function headerOf(part: Loose): Part['header'] {
  const media = Array.isArray(part['media']) ? asName(part['media'][0], 2000) : null;
  if (media !== null) return { kind: 'image', text: null, parameter: placeholdersIn(media).length > 0 };
  const text = asName(part['header_text'], 256);
  return text === null ? null : { kind: 'text', text, parameter: placeholdersIn(text).length > 0 };
}

const BUTTONS = new Map<unknown, TemplateButton['type']>([
  ['QUICK_REPLY', 'quick_reply'],
  ['URL', 'url'],
  ['PHONE_NUMBER', 'phone'],
  ['COPY_CODE', 'copy_code'],
]);

function buttonOf(button: Loose): TemplateButton {
  const url = asName(button['url'], 2000);
  return {
    type: BUTTONS.get(asName(button['type'], 32)?.toUpperCase()) ?? 'quick_reply',
    text: asText(button['title'], 128) ?? '',
    url,
    parameter: placeholdersIn(url ?? '').length > 0,
  };
}
