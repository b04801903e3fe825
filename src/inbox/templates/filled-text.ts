/** The text of a template as the customer reads it. Pure. */
import type { TemplateParameter, TemplateRef } from '../../contract/content.ts';

function wordsOf(parameter: TemplateParameter): string | null {
  if (parameter.type === 'text') return parameter.text;
  if (parameter.type === 'currency') return parameter.currency.fallback_value;
  if (parameter.type === 'date_time') return parameter.date_time.fallback_value;
  return null;
}

const nameOf = (parameter: TemplateParameter): string | undefined =>
  'parameter_name' in parameter ? parameter.parameter_name : undefined;

/** `body` with its placeholders filled, by name or else by position. One without a value stays unchanged. */
export function filledText(body: string, { components = [] }: Pick<TemplateRef, 'components'>): string {
  const values = components.flatMap((component) => (component.type === 'body' ? component.parameters : []));
  return body.replace(/\{\{\s*(\w+)\s*\}\}/g, (placeholder, name: string) => {
    const value = values.find((one) => nameOf(one) === name) ?? values[Number(name) - 1];
    return (value === undefined ? null : wordsOf(value)) ?? placeholder;
  });
}
