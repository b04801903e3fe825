/**
 * Checks the parameters of a template message against the template as Meta does, and words the refusals as Meta does.
 */
import { asName, asNumber, asObjects, asText, orEmpty, type Loose } from '../../lib/loose.ts';
import { placeholdersIn } from '../template-text.ts';
import { missing, readFile, type CloudReader, type FindUpload } from './cloud-parts.ts';
import type { Problem, Shown } from './shown.ts';
import { TEMPLATES, templateLine, type SimButton, type SimTemplate } from './templates.ts';
import type { SimFile } from './uploads.ts';

const UNKNOWN: Problem = { code: 132001, problem: 'Template name does not exist in the translation' };
const COUNT: Problem = { code: 132000, problem: 'Number of parameters does not match the expected number of params' };
const format = (details: string): Problem => ({
  code: 132012,
  problem: `Parameter format does not match format in the created template: ${details}`,
});

/** Reads the part `template`. */
export const readTemplate: CloudReader = (part, find) => {
  const name = asName(part['name']);
  const language = asName(orEmpty(part['language'])['code']);
  if (name === null || language === null) return missing('template.name, language.code');
  const template = TEMPLATES.find((one) => one.name === name && one.language === language);
  if (template === undefined || template.status === 'PENDING' || template.status === 'REJECTED') return UNKNOWN;
  if (template.status === 'PAUSED') return { code: 132015, problem: 'Template is paused' };
  return filledIn(template, asObjects(part['components']), find);
};

function filledIn(template: SimTemplate, components: readonly Loose[], find: FindUpload): Shown | Problem {
  const partOf = (type: string): Loose[] =>
    components
      .filter((component) => component['type'] === type)
      .flatMap((component) => asObjects(component['parameters']));
  const header = headerFile(template, partOf('header'), find);
  if (header !== null && 'problem' in header) return header;
  const filled = bodyValues(template, partOf('body'));
  if ('problem' in filled) return filled;
  const problem = buttonProblem(
    template.buttons ?? [],
    components.filter(({ type }) => type === 'button'),
  );
  if (problem !== null) return problem;
  return {
    kind: 'template',
    text: templateLine(template, filled.values),
    ...(header === null ? {} : { file: header }),
  };
}

const KINDS = { IMAGE: 'image', VIDEO: 'video', DOCUMENT: 'document' } as const;

function headerFile({ header }: SimTemplate, [given]: readonly Loose[], find: FindUpload): SimFile | Problem | null {
  if (header === undefined) return given === undefined ? null : COUNT;
  const kind = KINDS[header];
  if (given === undefined || given['type'] !== kind) {
    return format(`header: Format mismatch, expected ${header}, received ${asText(given?.['type'], 32) ?? 'UNKNOWN'}`);
  }
  return readFile(kind, orEmpty(given[kind]), find);
}

/** The value of each placeholder. Named placeholders are found by name, the others by position. */
function bodyValues(
  { body, isNamed }: SimTemplate,
  given: readonly Loose[],
): { readonly values: Readonly<Record<string, string>> } | Problem {
  const names = placeholdersIn(body);
  if (given.length !== names.length) return COUNT;
  const values = names.map((name, index) => {
    const found = isNamed === true ? given.find((one) => one['parameter_name'] === name) : given[index];
    return wordsOf(found ?? {});
  });
  const unfilled = names.find((_name, index) => (values[index] ?? null) === null);
  if (unfilled !== undefined) return format(`body: ${unfilled} is missing, or has no text`);
  return { values: Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])) };
}

function wordsOf(value: Loose): string | null {
  const typed = orEmpty(value[asText(value['type'], 32) ?? '']);
  return asName(value['text'], 1024) ?? asName(typed['fallback_value'], 1024);
}

/** The parameter that a button of this type needs. A quick reply may be sent without one. */
const NEEDED = { URL: 'text', COPY_CODE: 'coupon_code', QUICK_REPLY: 'payload' } as const;

function buttonProblem(buttons: readonly SimButton[], given: readonly Loose[]): Problem | null {
  const at = (index: number): Loose | undefined => given.find((one) => asNumber(one['index']) === index);
  if (given.some((one) => buttons[asNumber(one['index']) ?? -1]?.type.toLowerCase() !== one['sub_type']))
    return format('buttons: there is no such button');
  for (const [index, { type, url = '' }] of buttons.entries()) {
    const isNeeded = type === 'COPY_CODE' || placeholdersIn(url).length > 0;
    const [value] = asObjects(at(index)?.['parameters']);
    if (value === undefined && isNeeded)
      return missing(`buttons: Button at index ${String(index)} of type ${type} requires a parameter`);
    if (value !== undefined && asName(value[NEEDED[type]], 2000) === null)
      return format(`buttons: Button at index ${String(index)} needs a ${NEEDED[type]}`);
  }
  return null;
}
