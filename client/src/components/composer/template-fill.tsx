/** Form for filling in a template, with a preview of what the customer will read. */
import type { ReactNode } from 'react';
import type { Account } from '../../../../src/contract/entities.ts';
import type { Template } from '../../../../src/contract/templates.ts';
import { useApp } from '../../state/app.ts';
import { fitAs, type FileAbility, type FileFit } from '../../sync/file-limits.ts';
import { RichText } from '../rich-text-view.tsx';
import type { TemplateDraft, Values } from '../../state/forms.ts';
import { Field } from './fields.tsx';
import { FileField } from './file-field.tsx';
import type { AboveFile } from './question.ts';
import { SheetFrame, type ContentWith } from './sheet-frame.tsx';
import { blanksOf, draftKey, filledBody, headerFileOf, templateRefOf, type HeaderFile } from './template-text.ts';
import { useForm } from './use-form.ts';

const MAX_PARAMETER = 1024;
const NOTHING: FileAbility = { media: {}, voice: false };
const NOTHING_YET: TemplateDraft = { values: {}, file: null };
const ACCEPT: Readonly<Record<HeaderFile, string>> = { image: 'image/*', video: 'video/*', document: '' };

function Preview({ template, values }: { readonly template: Template; readonly values: Values }): ReactNode {
  const { header, footer, buttons } = template;
  return (
    <div className="template-preview" aria-label="Preview">
      {header?.kind === 'text' ? (
        <strong dir="auto">{header.parameter ? values['header'] || header.text : header.text}</strong>
      ) : null}
      <RichText text={filledBody(template, values)} />
      {footer === null ? null : <span className="faint">{footer}</span>}
      {buttons.map(({ text }, index) => (
        <span key={index} className="choice">
          {text}
        </span>
      ))}
    </div>
  );
}

interface FillProps {
  /** The thread that the input is kept for. */
  readonly threadId: string;
  readonly accountId: Account['id'];
  readonly template: Template;
  /** Returns false when the message was not accepted; the form then stays open. */
  readonly onSend: (contentWith: ContentWith, above: AboveFile | null) => boolean;
  readonly onBack: () => void;
}

/** The values filled in so far, and whether they are complete. */
function useFill({ threadId, accountId, template }: FillProps) {
  const { draft, set } = useForm(threadId, 'template', {});
  const key = draftKey(template);
  const filled = draft[key] ?? NOTHING_YET;
  const { values, file } = filled;
  const kind = headerFileOf(template);
  const can = useApp((state) => state.machine.inbox.accounts.get(accountId)?.capabilities) ?? NOTHING;
  const fit = (chosen: File): FileFit => fitAs(kind ?? 'document', chosen, can);
  return {
    values,
    file,
    kind,
    fit,
    above: kind === null || file === null ? null : { file, kind },
    isWhole:
      blanksOf(template).every((blank) => (values[blank.key] ?? '').trim() !== '') &&
      (kind === null || (file !== null && fit(file).ok)),
    change: (part: Partial<TemplateDraft>): void => {
      set(key)({ ...filled, ...part });
    },
  };
}

/** The form for one template. */
export function TemplateFill(props: FillProps): ReactNode {
  const { template, onSend, onBack } = props;
  const { values, file, kind, fit, above, isWhole, change } = useFill(props);
  return (
    <SheetFrame
      icon="template"
      title={template.title}
      submitLabel="Send template"
      canSubmit={isWhole}
      testId="template-fill"
      onClose={onBack}
      onSubmit={() => {
        onSend((stored) => ({ kind: 'template', template: templateRefOf(template, values, stored) }), above);
      }}
    >
      {kind === null ? null : (
        <FileField
          label={`The ${kind} above the text`}
          accept={ACCEPT[kind]}
          file={file}
          fit={fit}
          onFile={(chosen) => {
            change({ file: chosen });
          }}
        />
      )}
      {blanksOf(template).map(({ key, label }) => (
        <Field
          key={key}
          label={label}
          value={values[key] ?? ''}
          maxLength={MAX_PARAMETER}
          testId={`template-${key}`}
          onChange={(text) => {
            change({ values: { ...values, [key]: text } });
          }}
        />
      ))}
      <Preview template={template} values={values} />
    </SheetFrame>
  );
}
