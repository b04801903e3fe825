/** Builds a message with one product of a catalog, or several in sections, from what a person typed. Pure. */
import type { Interactive } from '../../../../src/contract/interactive.ts';
import { PRODUCT_LIMITS, QUESTION_LIMITS } from '../../../../src/contract/send-limits.ts';
import type { ProductsDraft, ProductType, SectionDraft } from '../../state/forms.ts';
import { filledIn, optional, problemsOf, required, type Check, type Problems } from './problems.ts';
import { footerPart, wordsChecks, wordsPart } from './question.ts';

/** The types that a number can send. */
export function productTypesOf(types: readonly Interactive['type'][]): readonly ProductType[] {
  return types.filter((type) => type === 'product' || type === 'product_list');
}

export const EMPTY_SECTION: SectionDraft = { title: '', ids: '' };

/** An empty draft, prefilled with the given catalog. */
export function emptyProducts(type: ProductType, catalogId: string): ProductsDraft {
  return { type, catalogId, productId: '', heading: '', body: '', footer: '', sections: [EMPTY_SECTION] };
}

const idsOf = ({ ids }: SectionDraft): readonly string[] => filledIn(ids.split('\n'));

const isUsed = (section: SectionDraft): boolean => section.title.trim() !== '' || idsOf(section).length > 0;

function sectionChecks(sections: readonly SectionDraft[]): readonly Check[] {
  const { productId, most, sectionTitle } = PRODUCT_LIMITS;
  const used = sections.filter(isUsed);
  const isSeveral = used.length > 1;
  let count = 0;
  const checks = sections.flatMap((section, index): Check[] => {
    const [title, products] = [`title-${String(index + 1)}`, `products-${String(index + 1)}`];
    const ids = idsOf(section);
    count += ids.length;
    if (!isUsed(section)) return [];
    return [
      [title, isSeveral && section.title.trim() === '', 'Several sections each need a title.'],
      ...optional(title, section.title, sectionTitle),
      [products, ids.length === 0, 'Give at least one product.'],
      [products, ids.some((id) => id.length > productId), `An id has at most ${String(productId)} characters.`],
      [products, count > most, `At most ${String(most)} products in all.`],
    ];
  });
  return [['products-1', used.length === 0, 'Give at least one product.'], ...checks];
}

function oneChecks({ productId, body, footer }: ProductsDraft): readonly Check[] {
  return [
    ...required('product', productId, { max: PRODUCT_LIMITS.productId, words: 'Say which product.' }),
    ...optional('body', body, QUESTION_LIMITS.body),
    ...optional('footer', footer, QUESTION_LIMITS.footer),
  ];
}

function severalChecks(draft: ProductsDraft): readonly Check[] {
  return [
    ...required('heading', draft.heading, { max: QUESTION_LIMITS.header, words: 'Write the heading.' }),
    ...wordsChecks(draft, { words: 'Write the text.' }),
    ...sectionChecks(draft.sections),
  ];
}

/** Reasons the message cannot be sent, by field. */
export function productsProblems(draft: ProductsDraft): Problems {
  return problemsOf([
    ...required('catalog', draft.catalogId, { max: PRODUCT_LIMITS.catalogId, words: 'Say which catalog.' }),
    ...(draft.type === 'product' ? oneChecks(draft) : severalChecks(draft)),
  ]);
}

/** The message to send. Call it only when there are no problems. */
export function productsOf(draft: ProductsDraft): Interactive {
  const { type, productId, heading, body, footer, sections } = draft;
  const catalog_id = draft.catalogId.trim();
  if (type === 'product') {
    const words = body.trim() === '' ? footerPart(footer) : wordsPart(draft);
    return { type, ...words, action: { catalog_id, product_retailer_id: productId.trim() } };
  }
  const filled = sections.filter(isUsed).map((section) => ({
    ...(section.title.trim() === '' ? {} : { title: section.title.trim() }),
    product_items: idsOf(section).map((id) => ({ product_retailer_id: id })),
  }));
  const header = { type: 'text', text: heading.trim() } as const;
  return { type, header, ...wordsPart(draft), action: { catalog_id, sections: filled } };
}
