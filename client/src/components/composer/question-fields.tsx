/** Form fields for the parts that all questions share. */
import type { ReactNode } from 'react';
import type { Capabilities } from '../../../../src/contract/capabilities.ts';
import { QUESTION_LIMITS } from '../../../../src/contract/send-limits.ts';
import type { HeaderDraft } from '../../state/forms.ts';
import { Field, SelectField } from './fields.tsx';
import { FileField } from './file-field.tsx';
import type { Problems } from './problems.ts';
import { fitAbove } from './question.ts';

type HeaderType = HeaderDraft['type'];

const NOTHING = ['none', 'Nothing'] as const;
const HEADING = ['text', 'A heading'] as const;
const HEADERS = [NOTHING, HEADING, ['file', 'A picture, video or document']] as const;

interface HeaderFieldsProps {
  readonly header: HeaderDraft;
  readonly can: Pick<Capabilities, 'media'>;
  /** Whether the header can be a file. */
  readonly hasFile?: boolean;
  readonly problems: Problems;
  readonly onChange: (header: HeaderDraft) => void;
}

/** The header: nothing, a heading or a file. */
export function HeaderFields({ header, can, hasFile = true, problems, onChange }: HeaderFieldsProps): ReactNode {
  const type: HeaderType = hasFile || header.type === 'text' ? header.type : 'none';
  return (
    <>
      <SelectField<HeaderType>
        label="Above the question"
        value={type}
        options={hasFile ? HEADERS : [NOTHING, HEADING]}
        testId="header-type"
        onChange={(chosen) => {
          onChange({ ...header, type: chosen });
        }}
      />
      {type === 'text' ? (
        <Field
          label="Heading"
          value={header.text}
          maxLength={QUESTION_LIMITS.header}
          testId="header-text"
          problem={problems['header']}
          onChange={(text) => {
            onChange({ ...header, text });
          }}
        />
      ) : null}
      {type === 'file' ? (
        <FileField
          label="Picture, video or document"
          accept=""
          file={header.file}
          fit={(file) => fitAbove(file, can)}
          onFile={(file) => {
            onChange({ ...header, file });
          }}
        />
      ) : null}
    </>
  );
}

interface TextProps {
  readonly value: string;
  readonly problems: Problems;
  readonly onChange: (text: string) => void;
}

/** The body of the question. */
export function BodyField({
  value,
  problems,
  onChange,
  label = 'Question',
  max = QUESTION_LIMITS.body,
}: TextProps & { readonly label?: string; readonly max?: number }): ReactNode {
  return (
    <Field
      label={label}
      value={value}
      onChange={onChange}
      maxLength={max}
      testId="question-body"
      isLong
      problem={problems['body']}
    />
  );
}

/** The footer of the question. */
export function FooterField({ value, problems, onChange }: TextProps): ReactNode {
  return (
    <Field
      label="Small print (optional)"
      value={value}
      onChange={onChange}
      maxLength={QUESTION_LIMITS.footer}
      testId="question-footer"
      problem={problems['footer']}
    />
  );
}
