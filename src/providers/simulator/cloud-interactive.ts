/** Checks an interactive message as Meta does. */
import { asName, asObject, asObjects, asText, orEmpty, type Loose } from '../../lib/loose.ts';
import { invalid, missing, readFile, type CloudReader, type FindUpload } from './cloud-parts.ts';
import { lineOf, type Problem } from './shown.ts';
import type { SimFile } from './uploads.ts';

const isTooLong = (value: unknown, max: number): boolean => (asText(value, 100_000) ?? '').length > max;

/** The titles of what the customer can tap, or what is wrong with them. */
type Choices = { readonly titles: readonly string[] } | string;

interface Rule {
  readonly choices: (action: Loose) => Choices;
  readonly body: { readonly max: number; readonly optional?: true };
  readonly headers: readonly string[];
  readonly needsHeader?: true;
}

/** Reads the part `interactive`. */
export const readInteractive: CloudReader = (part, find) => {
  const rule = RULES.get(asText(part['type'], 32) ?? '');
  if (rule === undefined) return invalid('Param interactive.type is not one of those known here');
  const body = asName(orEmpty(part['body'])['text'], 100_000);
  const problem = wordsProblem(body, part['footer'], rule);
  if (problem !== null) return problem;
  const header = headerOf(part['header'], rule, find);
  if (header !== null && 'problem' in header) return header;
  const choices = rule.choices(orEmpty(part['action']));
  if (typeof choices === 'string') return invalid(choices);
  const text = lineOf('interactive', [body, ...choices.titles.map((title) => `[${title}]`)]);
  return { kind: 'interactive', text, ...(header === null ? {} : { file: header }) };
};

function wordsProblem(body: string | null, footer: unknown, rule: Rule): Problem | null {
  if (body === null && rule.body.optional !== true) return missing('interactive.body.text');
  if (isTooLong(body, rule.body.max)) return invalid('Param interactive.body.text is too long');
  return isTooLong(orEmpty(footer)['text'], 60) ? invalid('Param interactive.footer.text is too long') : null;
}

const FILES = ['image', 'video', 'document'] as const;

function headerOf(value: unknown, rule: Rule, find: FindUpload): SimFile | Problem | null {
  const header = asObject(value);
  if (header === null) return rule.needsHeader === true ? missing('interactive.header') : null;
  const type = asText(header['type'], 32) ?? '';
  if (!rule.headers.includes(type)) return invalid(`Param interactive.header.type must not be ${type}`);
  const file = FILES.find((one) => one === type);
  if (file !== undefined) return readFile(file, orEmpty(header[file]), find);
  if (asName(header['text'], 100_000) === null) return missing('interactive.header.text');
  return isTooLong(header['text'], 60) ? invalid('Param interactive.header.text is too long') : null;
}

function buttons(action: Loose): Choices {
  const replies = asObjects(action['buttons']).map((button) => orEmpty(button['reply']));
  if (replies.length < 1 || replies.length > 3) return 'Invalid buttons count. Min allowed buttons: 1, max: 3';
  if (replies.some((reply) => isTooLong(reply['title'], 20) || isTooLong(reply['id'], 256)))
    return 'Button title length invalid';
  return { titles: replies.map((reply) => asText(reply['title']) ?? '') };
}

function list(action: Loose): Choices {
  const rows = asObjects(action['sections']).flatMap((section) => asObjects(section['rows']));
  if (asName(action['button']) === null || isTooLong(action['button'], 20)) return 'Param action.button is not valid';
  if (rows.length < 1 || rows.length > 10) return 'Total row count exceed max allowed count: 10';
  const isBroken = rows.some(
    (row) => isTooLong(row['title'], 24) || isTooLong(row['description'], 72) || isTooLong(row['id'], 200),
  );
  if (isBroken) return 'Row title, description or id is too long';
  return { titles: rows.map((row) => asText(row['title']) ?? '') };
}

function link(action: Loose): Choices {
  const parameters = orEmpty(action['parameters']);
  const label = asName(parameters['display_text']);
  if (action['name'] !== 'cta_url' || label === null || isTooLong(label, 20))
    return 'Param action.parameters is not valid';
  return URL.canParse(asText(parameters['url'], 4096) ?? '')
    ? { titles: [label] }
    : 'Param action.parameters.url is no URL';
}

function flow(action: Loose): Choices {
  const parameters = orEmpty(action['parameters']);
  const [id, name] = [asName(parameters['flow_id']), asName(parameters['flow_name'])];
  const label = asName(parameters['flow_cta']);
  if (action['name'] !== 'flow' || parameters['flow_message_version'] !== '3')
    return 'Param action.parameters.flow_message_version must be 3';
  if ((id === null) === (name === null)) return 'Param action.parameters needs either flow_id or flow_name';
  return label === null ? 'Param action.parameters.flow_cta is required' : { titles: [label] };
}

const retailerIds = (items: readonly Loose[]): (string | null)[] =>
  items.map((item) => asName(item['product_retailer_id'], 100));

function product(action: Loose): Choices {
  const ids = retailerIds([action]).filter((id) => id !== null);
  return asName(action['catalog_id']) === null || ids.length === 0
    ? 'Param action needs catalog_id and product_retailer_id'
    : { titles: ids };
}

function products(action: Loose): Choices {
  const sections = asObjects(action['sections']);
  const ids = retailerIds(sections.flatMap((section) => asObjects(section['product_items'])));
  const whole = ids.filter((id) => id !== null);
  if (asName(action['catalog_id']) === null || whole.length < ids.length) return 'Param action.sections is not valid';
  if (sections.length > 1 && sections.some(({ title }) => asName(title) === null)) return 'Section title is required';
  return whole.length < 1 || whole.length > 30 ? 'Total product count exceed max allowed count: 30' : { titles: whole };
}

function place(action: Loose): Choices {
  return action['name'] === 'send_location' ? { titles: ['Send location'] } : 'Param action.name must be send_location';
}

const ANY_HEADER = ['text', ...FILES];
const RULES = new Map<string, Rule>([
  ['button', { choices: buttons, body: { max: 1024 }, headers: ANY_HEADER }],
  ['list', { choices: list, body: { max: 4096 }, headers: ['text'] }],
  ['cta_url', { choices: link, body: { max: 1024 }, headers: ANY_HEADER }],
  ['flow', { choices: flow, body: { max: 1024 }, headers: ANY_HEADER }],
  ['product', { choices: product, body: { max: 1024, optional: true }, headers: [] }],
  ['product_list', { choices: products, body: { max: 1024 }, headers: ['text'], needsHeader: true }],
  ['location_request_message', { choices: place, body: { max: 1024 }, headers: [] }],
]);
