import { describe, expect, it } from 'vitest';
import type { TemplateRef } from '../../../src/contract/content.ts';
import { filledText } from '../../../src/inbox/templates/filled-text.ts';

type Parameters = Extract<NonNullable<TemplateRef['components']>[number], { type: 'body' }>['parameters'];

const fill = (body: string, parameters: Parameters): string =>
  filledText(body, { components: [{ type: 'body', parameters }] });

describe('what a template says', () => {
  it('has the values at their places, or by their names', () => {
    const texts: Parameters = [
      { type: 'text', text: 'Ada' },
      { type: 'text', text: 'A-17' },
    ];
    expect(fill('Hello {{1}}, {{2}} is ready. Thank you, {{ 1 }}!', texts)).toBe(
      'Hello Ada, A-17 is ready. Thank you, Ada!',
    );
    const named: Parameters = [
      { type: 'text', parameter_name: 'order', text: 'A-17' },
      { type: 'text', parameter_name: 'name', text: 'Ada' },
    ];
    expect(fill('Hello {{name}}, {{order}}', named)).toBe('Hello Ada, A-17');
  });

  it('has sums and dates in the words that were given for them', () => {
    const currency = { fallback_value: '12.50 €', code: 'EUR', amount_1000: 12_500 };
    const parameters: Parameters = [
      { type: 'currency', currency },
      { type: 'date_time', date_time: { fallback_value: 'on Friday' } },
    ];
    expect(fill('{{1}} {{2}}', parameters)).toBe('12.50 € on Friday');
  });

  it('keeps a placeholder without a value, and takes no value for a pattern', () => {
    expect(fill('{{1}} and {{2}}', [{ type: 'text', text: '$& {{2}}' }])).toBe('$& {{2}} and {{2}}');
    expect(filledText('Hello {{name}}', {})).toBe('Hello {{name}}');
  });
});
