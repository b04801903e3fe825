/** Form for sending one product of a catalog, or several. */
import type { ReactNode } from 'react';
import { PRODUCT_LIMITS, QUESTION_LIMITS } from '../../../../src/contract/send-limits.ts';
import type { ProductType, ProductsDraft } from '../../state/forms.ts';
import { Field, SelectField } from './fields.tsx';
import { gateOf } from './problems.ts';
import { emptyProducts, productsOf, productsProblems, productTypesOf } from './products.ts';
import { ProductSections } from './product-sections.tsx';
import { BodyField, FooterField } from './question-fields.tsx';
import { SheetFrame, type QuestionSheetProps } from './sheet-frame.tsx';
import { useForm, type FormPart } from './use-form.ts';

const TYPES: Readonly<Record<ProductType, string>> = { product: 'One product', product_list: 'Several products' };

type PartProps = FormPart<ProductsDraft>;

function Catalog({ draft, set, problems }: PartProps): ReactNode {
  return (
    <Field
      label="Id of the catalog"
      value={draft.catalogId}
      maxLength={PRODUCT_LIMITS.catalogId}
      testId="catalog-id"
      problem={problems['catalog']}
      onChange={set('catalogId')}
    />
  );
}

/** The product id for one product, the heading for several. */
function Head({ draft, set, problems }: PartProps): ReactNode {
  return draft.type === 'product' ? (
    <Field
      label="Id of the product"
      value={draft.productId}
      maxLength={PRODUCT_LIMITS.productId}
      testId="product-id"
      problem={problems['product']}
      onChange={set('productId')}
    />
  ) : (
    <Field
      label="Heading"
      value={draft.heading}
      maxLength={QUESTION_LIMITS.header}
      testId="header-text"
      problem={problems['heading']}
      onChange={set('heading')}
    />
  );
}

interface ProductsSheetProps extends QuestionSheetProps {
  /** The catalog used last; empty when there is none. */
  readonly catalogId: string;
  readonly onCatalog: (catalogId: string) => void;
}

/** Offers only the types that the number can send. */
export function ProductsSheet({ threadId, can, catalogId, onCatalog, onAsk, onClose }: ProductsSheetProps): ReactNode {
  const types = productTypesOf(can.interactive);
  const { draft, set } = useForm(threadId, 'products', emptyProducts(types[0] ?? 'product', catalogId));
  const problems = productsProblems(draft);
  const parts = { draft, set, problems };
  return (
    <SheetFrame
      icon="cart"
      title="Products"
      submitLabel="Send"
      {...gateOf(problems)}
      testId="products-sheet"
      onClose={onClose}
      onSubmit={() => {
        if (!onAsk(() => productsOf(draft), null)) return;
        onCatalog(draft.catalogId.trim());
        onClose();
      }}
    >
      <SelectField<ProductType>
        label="What is shown"
        value={draft.type}
        options={types.map((type) => [type, TYPES[type]])}
        testId="products-type"
        onChange={set('type')}
      />
      <Catalog {...parts} />
      <Head {...parts} />
      <BodyField
        label={draft.type === 'product' ? 'Text (optional)' : 'Text'}
        value={draft.body}
        problems={problems}
        onChange={set('body')}
      />
      {draft.type === 'product' ? null : (
        <ProductSections sections={draft.sections} problems={problems} onChange={set('sections')} />
      )}
      <FooterField value={draft.footer} problems={problems} onChange={set('footer')} />
    </SheetFrame>
  );
}
