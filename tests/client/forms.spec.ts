/** What is built from a form is what the contract takes, and a form that the contract would refuse cannot be sent. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { SentPoll } from '../../src/contract/content.ts';
import { Interactive } from '../../src/contract/interactive.ts';
import { cloudCapabilities } from '../../src/providers/cloud/capabilities.ts';
import { evolutionCapabilities } from '../../src/providers/evolution/capabilities.ts';
import { twilioCapabilities } from '../../src/providers/twilio/capabilities.ts';
import { choicesOf, choicesProblems, EMPTY_CHOICES } from '../../client/src/components/composer/choices.ts';
import { EMPTY_FLOW, flowOf, flowProblems } from '../../client/src/components/composer/flow.ts';
import { EMPTY_POLL, pollOf, pollProblems } from '../../client/src/components/composer/poll.ts';
import type { Problems } from '../../client/src/components/composer/problems.ts';
import { emptyProducts, productsOf, productsProblems } from '../../client/src/components/composer/products.ts';
import { aboveOf, fitAbove, NO_HEADER } from '../../client/src/components/composer/question.ts';
import { sheetsOf } from '../../client/src/components/composer/sheets.ts';
import type { ChoicesDraft, FlowDraft, HeaderDraft, PollDraft, ProductsDraft } from '../../client/src/state/forms.ts';
import { filePart } from '../../client/src/sync/content.ts';
import { id } from './example.ts';

const isSendable = (problems: Problems): boolean => Object.keys(problems).length === 0;

/** Mostly what can be sent, so that a single thing that cannot is seen: blank, untrimmed, or around the limit. */
const around = (max: number) =>
  fc.oneof(
    { weight: 12, arbitrary: fc.stringMatching(/^[a-z]{1,4}$/) },
    { weight: 1, arbitrary: fc.constantFrom('', '  ', ' a ') },
    { weight: 1, arbitrary: fc.integer({ min: max - 1, max: max + 1 }).map((length) => 'x'.repeat(length)) },
  );

const aPicture = new File(['x'], 'menu.png', { type: 'image/png' });
const header: fc.Arbitrary<HeaderDraft> = fc.record({
  type: fc.constantFrom('none', 'text', 'file'),
  text: around(60),
  file: fc.constantFrom(aPicture, null),
});
/** As the sheet does: the file is stored before the message is built. */
const storedOf = ({ header: chosen }: { header: HeaderDraft }) => {
  const above = aboveOf(chosen, cloudCapabilities);
  return above === null ? null : filePart(above.kind, id('f', 1), above.file);
};

/** The form lets through exactly what the schema takes. */
function expectAgreement(problems: Problems, schema: z.ZodType, built: unknown): void {
  const { error } = schema.safeParse(built);
  expect(isSendable(problems), `${JSON.stringify(problems)} / ${error?.message ?? 'taken'}`).toBe(error === undefined);
}

describe('every form', () => {
  it('of a poll agrees with the contract', () => {
    const draft = fc.record<PollDraft>({
      question: around(255),
      options: fc.array(around(100), { maxLength: 10 }),
      multiple: fc.boolean(),
    });
    fc.assert(
      fc.property(draft, (poll) => {
        expectAgreement(pollProblems(poll), SentPoll, pollOf(poll));
      }),
    );
  });

  it('of a question with choices agrees with the contract; besides, it wants the file above, and no choice twice', () => {
    const draft = fc.record<ChoicesDraft>({
      type: fc.constantFrom('button', 'list', 'cta_url'),
      header,
      body: fc.oneof(around(1024), around(4096)),
      footer: around(60),
      options: fc.array(fc.oneof(around(20), around(24)), { maxLength: 12 }),
      label: around(20),
      url: fc.constantFrom(
        '',
        'https://example.com/x',
        ' http://example.com',
        'javascript:alert(1)',
        'example.com',
        `https://e.x/${'x'.repeat(2000)}`,
      ),
    });
    fc.assert(
      fc.property(draft, (choices) => {
        const problems = choicesProblems(choices, cloudCapabilities);
        const lacksFile = choices.type !== 'list' && choices.header.type === 'file' && choices.header.file === null;
        const isTwice = Object.values(problems).includes('Two choices are the same.');
        if (lacksFile || isTwice) expect(isSendable(problems)).toBe(false);
        else expectAgreement(problems, Interactive, choicesOf(choices, storedOf(choices)));
      }),
    );
  });

  it('of products agrees with the contract', () => {
    const section = fc.record({
      title: around(24),
      ids: fc.array(around(100), { maxLength: 18 }).map((ids) => ids.join('\n')),
    });
    const draft = fc.record<ProductsDraft>({
      type: fc.constantFrom('product', 'product_list'),
      catalogId: around(64),
      productId: around(100),
      heading: around(60),
      body: around(1024),
      footer: around(60),
      sections: fc.array(section, { maxLength: 4 }),
    });
    fc.assert(
      fc.property(draft, (products) => {
        expectAgreement(productsProblems(products), Interactive, productsOf(products));
      }),
    );
  });

  it('of a form to fill in agrees with the contract, except that it asks for the file above', () => {
    const draft = fc.record<FlowDraft>({
      header,
      body: around(1024),
      footer: around(60),
      label: around(20),
      by: fc.constantFrom('id', 'name'),
      flow: fc.oneof(around(64), around(200)),
      screen: around(200),
      mode: fc.constantFrom('published', 'draft'),
    });
    fc.assert(
      fc.property(draft, (flow) => {
        const problems = flowProblems(flow, cloudCapabilities);
        if (flow.header.type === 'file' && flow.header.file === null) expect(problems['header']).toBeDefined();
        else expectAgreement(problems, Interactive, flowOf(flow, storedOf(flow)));
      }),
    );
  });
});

describe('what is wrong is said beside its field', () => {
  const choices = (over: Partial<ChoicesDraft>): Problems =>
    choicesProblems({ ...EMPTY_CHOICES, body: 'Which one?', options: ['A'], ...over }, cloudCapabilities);
  const products = (over: Partial<ProductsDraft>): string[] =>
    Object.keys(productsProblems({ ...emptyProducts('product_list', '1'), heading: 'Ours', body: 'Look', ...over }));

  it.each<[string, Partial<ChoicesDraft>]>([
    ['body', { body: ' ' }],
    ['choice-1', { options: ['', ' '] }],
    ['choice-2', { options: ['Yes', 'Yes '] }],
    ['label', { type: 'list' }],
    ['label', { type: 'cta_url', url: 'https://example.com' }],
    ['url', { type: 'cta_url', label: 'Look', url: 'javascript:alert(1)' }],
    ['header', { header: { ...NO_HEADER, type: 'file' } }],
  ])('%s', (field, over) => {
    expect(Object.keys(choices(over))).toEqual([field]);
  });

  it('of a poll: its question, and the option that is there twice', () => {
    expect(Object.keys(pollProblems(EMPTY_POLL))).toEqual(['question', 'option-1']);
    const twice = { ...EMPTY_POLL, question: 'When?', options: ['Monday', '', 'Monday'] };
    expect(Object.keys(pollProblems(twice))).toEqual(['option-3']);
  });

  it('of products: a section without a title where there are several, and the one that is too many', () => {
    const thirty = Array.from({ length: 30 }, (_, index) => `SKU-${String(index)}`).join('\n');
    expect(products({})).toEqual(['products-1']);
    expect(products({ sections: [{ title: '', ids: thirty }] })).toEqual([]);
    const several = [
      { title: '', ids: thirty },
      { title: 'More', ids: 'A' },
      { title: 'None', ids: '' },
    ];
    expect(products({ sections: several })).toEqual(['title-1', 'products-2', 'products-3']);
  });

  it('of a form to fill in: what it is, and what opens it', () => {
    expect(Object.keys(flowProblems(EMPTY_FLOW, cloudCapabilities))).toEqual(['body', 'label', 'flow']);
  });
});

describe('a file above a question', () => {
  const fit = (type: string, size: number) => fitAbove({ type, size }, cloudCapabilities);

  it('goes out as what it is, and as a document where it is too large or of a rare type', () => {
    expect(fit('image/png', 1000)).toMatchObject({ kind: 'image' });
    expect(fit('video/mp4', 1000)).toMatchObject({ kind: 'video' });
    expect(fit('image/png', 6 * 1024 * 1024)).toMatchObject({ kind: 'document' });
    expect(fit('audio/mpeg', 1000)).toMatchObject({ kind: 'document' });
  });

  it('that is too large for anything keeps the form from being sent, with the reason', () => {
    const file = new File(['x'], 'long.pdf', { type: 'application/pdf' });
    Object.defineProperty(file, 'size', { value: 101 * 1024 * 1024 });
    const draft = {
      ...EMPTY_CHOICES,
      body: 'Which?',
      options: ['A'],
      header: { ...NO_HEADER, type: 'file', file },
    } as const;
    expect(choicesProblems(draft, cloudCapabilities)['header']).toContain('100 MB');
    expect(aboveOf(draft.header, cloudCapabilities)).toBeNull();
  });

  it('stays out of a list, which has only a heading', () => {
    const file = { ...NO_HEADER, type: 'file', file: aPicture } as const;
    const draft = {
      ...EMPTY_CHOICES,
      type: 'list',
      body: 'Which?',
      label: 'All',
      options: ['A'],
      header: file,
    } as const;
    expect(choicesProblems(draft, cloudCapabilities)).toEqual({});
    expect(choicesOf(draft, null)).not.toHaveProperty('header');
  });
});

describe('what is offered', () => {
  it('is what the number can send, and no more than the row has room for', () => {
    expect(sheetsOf(cloudCapabilities)).toEqual({
      inRow: ['template', 'choices'],
      inMenu: ['location', 'contact', 'products', 'flow'],
    });
    expect(sheetsOf(evolutionCapabilities)).toEqual({ inRow: ['poll'], inMenu: ['location', 'contact'] });
    expect(sheetsOf(twilioCapabilities)).toEqual({ inRow: ['template', 'location'], inMenu: [] });
  });
});
