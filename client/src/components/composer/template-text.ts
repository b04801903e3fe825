/** Fills in a template: what the customer will read, and what is sent. Pure. */
import type { TemplateComponent, TemplateParameter, TemplateRef } from '../../../../src/contract/content.ts';
import type { FilePart } from '../../../../src/contract/parts.ts';
import type { Template } from '../../../../src/contract/templates.ts';
import type { Values } from '../../state/forms.ts';

/** Type of a template's header file. */
export type HeaderFile = FilePart['type'];

/** The key of a template's draft: its name and language. */
export function draftKey({ name, language }: Template): string {
  return `${name} ${language}`;
}

/** A placeholder to fill in. */
interface Blank {
  readonly key: string;
  readonly label: string;
}

const buttonKey = (index: number): string => `button-${String(index)}`;

/** All placeholders to fill in, in reading order. */
export function blanksOf({ header, parameters, buttons }: Template): readonly Blank[] {
  const heading = header?.kind === 'text' && header.parameter ? [{ key: 'header', label: 'Heading' }] : [];
  const texts = parameters.names.map((name) => ({
    key: name,
    label: parameters.style === 'named' ? name.replaceAll('_', ' ') : `Text ${name}`,
  }));
  const links = buttons.flatMap(({ text, parameter }, index) =>
    parameter ? [{ key: buttonKey(index), label: `Button “${text}”` }] : [],
  );
  return [...heading, ...texts, ...links];
}

/** The kind of header file that the template needs; null when it needs none. */
export function headerFileOf({ header }: Template): HeaderFile | null {
  if (header === null || header.kind === 'text' || header.kind === 'location') return null;
  return header.kind;
}

/** The body with the values typed so far. Missing values keep their placeholder. */
export function filledBody({ body }: Template, values: Values): string {
  return body.replace(/\{\{\s*(\w+)\s*\}\}/g, (placeholder, name: string) => values[name]?.trim() || placeholder);
}

function bodyOf({ parameters }: Template, values: Values): TemplateComponent[] {
  if (parameters.names.length === 0) return [];
  const isNamed = parameters.style === 'named';
  const filled = parameters.names.map((name): TemplateParameter => ({
    type: 'text',
    ...(isNamed ? { parameter_name: name } : {}),
    text: values[name]?.trim() ?? '',
  }));
  return [{ type: 'body', parameters: filled }];
}

function headerOf(template: Template, values: Values, above: FilePart | null): TemplateComponent[] {
  if (headerFileOf(template) !== null && above !== null) return [{ type: 'header', parameters: [above] }];
  const isText = template.header?.kind === 'text' && template.header.parameter;
  return isText ? [{ type: 'header', parameters: [{ type: 'text', text: values['header']?.trim() ?? '' }] }] : [];
}

function buttonsOf({ buttons }: Template, values: Values): TemplateComponent[] {
  return buttons.flatMap(({ type, parameter }, index): TemplateComponent[] => {
    if (!parameter) return [];
    const text = values[buttonKey(index)]?.trim() ?? '';
    if (type === 'copy_code')
      return [
        { type: 'button', sub_type: 'copy_code', index, parameters: [{ type: 'coupon_code', coupon_code: text }] },
      ];
    return [{ type: 'button', sub_type: 'url', index, parameters: [{ type: 'text', text }] }];
  });
}

/** The template to send. `above` is the stored header file, if the template needs one. */
export function templateRefOf(template: Template, values: Values, above: FilePart | null): TemplateRef {
  const components = [
    ...headerOf(template, values, above),
    ...bodyOf(template, values),
    ...buttonsOf(template, values),
  ];
  return { name: template.name, language: template.language, ...(components.length === 0 ? {} : { components }) };
}
