import { describe, expect, it } from 'vitest';
import { TemplateRef } from '../../src/contract/content.ts';
import type { Template } from '../../src/contract/templates.ts';
import {
  blanksOf,
  filledBody,
  headerFileOf,
  templateRefOf,
} from '../../client/src/components/composer/template-text.ts';
import { filePart } from '../../client/src/sync/content.ts';
import { id } from './example.ts';

const aTemplate = (over: Partial<Template> = {}): Template => ({
  ...{ name: 'order_update', language: 'en', title: 'Order update', category: 'utility', status: 'approved' },
  ...{ reason: null, quality: null, body: 'Hello {{1}}, order {{2}} is on its way.', footer: null, header: null },
  parameters: { style: 'positional', names: ['1', '2'] },
  buttons: [],
  ...over,
});

const named = aTemplate({ body: 'Hello {{first_name}}', parameters: { style: 'named', names: ['first_name'] } });

describe('a template', () => {
  it('says what has to be filled in, in reading order', () => {
    const whole = aTemplate({
      header: { kind: 'text', text: 'About {{1}}', parameter: true },
      buttons: [
        { type: 'quick_reply', text: 'Stop', url: null, parameter: false },
        { type: 'url', text: 'Track', url: 'https://example.com/{{1}}', parameter: true },
      ],
    });
    expect(blanksOf(whole).map(({ key }) => key)).toEqual(['header', '1', '2', 'button-1']);
    expect(blanksOf(named)).toEqual([{ key: 'first_name', label: 'first name' }]);
  });

  it('shows what the customer will read; what is missing keeps its place', () => {
    expect(filledBody(aTemplate(), { 1: 'Ada' })).toBe('Hello Ada, order {{2}} is on its way.');
    expect(filledBody(named, { first_name: 'Ada' })).toBe('Hello Ada');
  });

  it('becomes what the contract takes: by place, by name, with a file, with a link', () => {
    const withFile = aTemplate({ header: { kind: 'image', text: null, parameter: true } });
    const withLink = aTemplate({ buttons: [{ type: 'url', text: 'Track', url: null, parameter: true }] });
    const withCode = aTemplate({ buttons: [{ type: 'copy_code', text: 'Copy', url: null, parameter: true }] });
    const values = { 1: 'Ada', 2: '17', 'button-0': 'x1', first_name: 'Ada' };
    expect(headerFileOf(withFile)).toBe('image');
    for (const ref of [
      templateRefOf(aTemplate(), values, null),
      templateRefOf(named, values, null),
      templateRefOf(withFile, values, filePart('image', id('f', 1), { name: 'logo.png' })),
      templateRefOf(withLink, values, null),
      templateRefOf(withCode, values, null),
    ]) {
      expect(TemplateRef.safeParse(ref).error).toBeUndefined();
    }
    expect(templateRefOf(named, values, null).components).toEqual([
      { type: 'body', parameters: [{ type: 'text', parameter_name: 'first_name', text: 'Ada' }] },
    ]);
  });

  it('without anything to fill in is only its name', () => {
    const plain = aTemplate({ body: 'Hello', parameters: { style: 'positional', names: [] } });
    expect(templateRefOf(plain, {}, null)).toEqual({ name: 'order_update', language: 'en' });
  });
});
