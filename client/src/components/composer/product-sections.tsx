/** Fields for titled sections of products, one product id per line. */
import { useState, type ReactNode } from 'react';
import { PRODUCT_LIMITS } from '../../../../src/contract/send-limits.ts';
import type { ProductsDraft } from '../../state/forms.ts';
import { AnotherButton, Field } from './fields.tsx';
import type { Problems } from './problems.ts';
import { EMPTY_SECTION } from './products.ts';

/** Length of the longest list of ids that can be sent, one per line. */
const MAX_IDS = PRODUCT_LIMITS.most * (PRODUCT_LIMITS.productId + 1);

type Sections = ProductsDraft['sections'];

interface SectionProps {
  readonly section: Sections[number];
  readonly number: number;
  /** Whether there are several sections. */
  readonly isOneOfSeveral: boolean;
  /** Takes the focus when it appears. */
  readonly isNext: boolean;
  readonly problems: Problems;
  readonly onChange: (section: Sections[number]) => void;
}

function Section({ section, number, isOneOfSeveral, isNext, problems, onChange }: SectionProps): ReactNode {
  const place = isOneOfSeveral ? ` ${String(number)}` : '';
  const [title, products] = [`title-${String(number)}`, `products-${String(number)}`];
  return (
    <>
      <Field
        label={isOneOfSeveral ? `Title of section${place}` : 'Title (optional)'}
        value={section.title}
        maxLength={PRODUCT_LIMITS.sectionTitle}
        testId={title}
        isNext={isNext}
        problem={problems[title]}
        onChange={(text) => {
          onChange({ ...section, title: text });
        }}
      />
      <Field
        label={`Ids of the products${isOneOfSeveral ? ` in section${place}` : ''}, one on a line`}
        value={section.ids}
        maxLength={MAX_IDS}
        testId={products}
        isLong
        problem={problems[products]}
        onChange={(ids) => {
          onChange({ ...section, ids });
        }}
      />
    </>
  );
}

interface ProductSectionsProps {
  readonly sections: Sections;
  readonly problems: Problems;
  readonly onChange: (sections: Sections) => void;
}

/** The fields of all sections, with a button to add one. */
export function ProductSections({ sections, problems, onChange }: ProductSectionsProps): ReactNode {
  const [isAdding, setAdding] = useState(false);
  return (
    <>
      {sections.map((section, index) => (
        <Section
          key={index}
          section={section}
          number={index + 1}
          isOneOfSeveral={sections.length > 1}
          isNext={isAdding && index === sections.length - 1}
          problems={problems}
          onChange={(changed) => {
            onChange(sections.with(index, changed));
          }}
        />
      ))}
      {sections.length < PRODUCT_LIMITS.sections ? (
        <AnotherButton
          label="Another section"
          onClick={() => {
            setAdding(true);
            onChange([...sections, EMPTY_SECTION]);
          }}
        />
      ) : null}
    </>
  );
}
