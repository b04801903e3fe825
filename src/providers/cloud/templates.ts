/**
 * Lists the templates of a WhatsApp Business Account, a hundred per page.
 * https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/message_templates
 */
import type { Template, TemplateButton } from '../../contract/templates.ts';
import { asId, asName, asObjects, asText, orEmpty, type Loose } from '../../lib/loose.ts';
import { templateStatus, type CarrierTemplate } from '../managing.ts';
import type { Provider } from '../provider.ts';
import { placeholdersIn } from '../template-text.ts';
import { askGraph } from './graph.ts';
import { graphUrl } from './send.ts';

const FIELDS = 'id,name,language,status,category,quality_score,rejected_reason,parameter_format,components';
const PAGE = '100';

/** Reads one page. Refused while the id of the WhatsApp Business Account is unknown. Never throws. */
export const listTemplatesCloud: NonNullable<Provider['listTemplates']> = async (http, credentials, page) => {
  const { businessId } = credentials;
  if (!businessId) {
    const title = 'The WhatsApp Business Account of this number is not known: set its id.';
    return { kind: 'refused', title, stops: false };
  }
  const after: Record<string, string> = page === null ? {} : { after: page };
  const list = `${graphUrl(credentials, businessId)}/message_templates`;
  const read = await askGraph(http, credentials, list, { fields: FIELDS, limit: PAGE, ...after });
  if (read.kind !== 'read') return read;
  const paging = orEmpty(read.answer['paging']);
  const next = paging['next'] === undefined ? null : asName(orEmpty(paging['cursors'])['after'], 2048);
  const items = asObjects(read.answer['data'])
    .map(templateOf)
    .filter((item) => item !== null);
  return { kind: 'page', items, next };
};

function templateOf(item: Loose): CarrierTemplate | null {
  const name = asName(item['name'], 512);
  const language = asName(item['language'], 16);
  if (name === null || language === null) return null;
  const reason = asName(item['rejected_reason'], 256);
  return {
    name,
    language,
    title: name.replaceAll('_', ' '),
    providerId: asId(item['id'], 64),
    category: asName(item['category'], 64),
    status: templateStatus(asName(item['status'], 64)),
    reason: reason === 'NONE' ? null : reason,
    quality: asName(orEmpty(item['quality_score'])['score'], 64),
    ...contentOf(asObjects(item['components']), item['parameter_format'] === 'NAMED'),
  };
}

type Content = Pick<Template, 'body' | 'footer' | 'header' | 'parameters' | 'buttons'>;

function contentOf(components: readonly Loose[], named: boolean): Content {
  const part = (type: string): Loose => orEmpty(components.find((one) => one['type'] === type));
  const body = asText(part('BODY')['text'], 4096) ?? '';
  return {
    body,
    footer: asName(part('FOOTER')['text'], 256),
    header: headerOf(part('HEADER')),
    parameters: { style: named ? 'named' : 'positional', names: placeholdersIn(body) },
    buttons: asObjects(part('BUTTONS')['buttons']).slice(0, 10).map(buttonOf),
  };
}

const HEADERS = new Map<unknown, 'text' | 'image' | 'video' | 'document' | 'location'>([
  ['TEXT', 'text'],
  ['IMAGE', 'image'],
  ['VIDEO', 'video'],
  ['DOCUMENT', 'document'],
  ['LOCATION', 'location'],
]);

function headerOf(header: Loose): Template['header'] {
  const kind = HEADERS.get(header['format']);
  if (kind === undefined) return null;
  const text = asName(header['text'], 256);
  return { kind, text, parameter: kind !== 'text' || placeholdersIn(text ?? '').length > 0 };
}

const BUTTONS = new Map<unknown, TemplateButton['type']>([
  ['QUICK_REPLY', 'quick_reply'],
  ['URL', 'url'],
  ['PHONE_NUMBER', 'phone'],
  ['COPY_CODE', 'copy_code'],
  ['OTP', 'copy_code'],
  ['FLOW', 'flow'],
]);

function buttonOf(button: Loose): TemplateButton {
  const type = BUTTONS.get(button['type']) ?? 'other';
  const url = asName(button['url'], 2000);
  const parameter = type === 'copy_code' || placeholdersIn(url ?? '').length > 0;
  return { type, text: asText(button['text'], 128) ?? '', url, parameter };
}
