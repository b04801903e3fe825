/** Filling in a template, with what the customer will read beside it. */
import { useRef, useState, type ReactNode } from 'react';
import type { Account } from '../../../../src/contract/entities.ts';
import type { Template } from '../../../../src/contract/templates.ts';
import type { FilePart } from '../../../../src/contract/parts.ts';
import { actions, useApp } from '../../state/app.ts';
import { filePart, type SendContent } from '../../sync/content.ts';
import { fitAs, type FileAbility, type FileFit } from '../../sync/file-limits.ts';
import { refusalWords } from '../refusal-words.ts';
import { RichText } from '../rich-text-view.tsx';
import { Field } from './fields.tsx';
import { FileField } from './file-field.tsx';
import { SheetFrame } from './sheet-frame.tsx';
import { blanksOf, filledBody, headerFileOf, templateRefOf, type HeaderFile, type Values } from './template-text.ts';

const MAX_PARAMETER = 1024;
const NOTHING: FileAbility = { media: {}, voice: false };
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
  readonly accountId: Account['id'];
  readonly template: Template;
  readonly onSend: (content: SendContent) => boolean;
  readonly onBack: () => void;
}

/** Uploads the file first, where the template has one; going back meanwhile calls it off. */
function useFill({ accountId, template, onSend, onBack }: FillProps) {
  const [values, setValues] = useState<Values>({});
  const [file, setFile] = useState<File | null>(null);
  const [words, setWords] = useState<string | null>(null);
  const [isUploading, setUploading] = useState(false);
  const isCalledOff = useRef(false);
  const kind = headerFileOf(template);
  const can = useApp((state) => state.machine.inbox.accounts.get(accountId)?.capabilities) ?? NOTHING;
  const fit = (chosen: File): FileFit => fitAs(kind ?? 'document', chosen, can);
  const isWhole =
    blanksOf(template).every(({ key }) => (values[key] ?? '').trim() !== '') &&
    (kind === null || (file !== null && fit(file).ok));
  const finish = (above: FilePart | null): void => {
    onSend({ kind: 'template', template: templateRefOf(template, values, above) });
  };
  return {
    ...{ values, setValues, file, setFile, fit, words, kind },
    canSend: isWhole && !isUploading,
    back: (): void => {
      isCalledOff.current = true;
      onBack();
    },
    send: async (): Promise<void> => {
      if (kind === null || file === null) {
        finish(null);
        return;
      }
      setWords('Uploading …');
      setUploading(true);
      const answer = await actions.storeFile({ accountId, kind, file });
      setUploading(false);
      if (isCalledOff.current) return;
      if (answer === null) setWords('The file did not get through. Try again.');
      else if ('error' in answer) setWords(refusalWords(answer.error));
      else finish(filePart(kind, answer.mediaId, file));
    },
  };
}

/** See above. */
export function TemplateFill(props: FillProps): ReactNode {
  const { template } = props;
  const { values, setValues, file, setFile, fit, words, kind, canSend, back, send } = useFill(props);
  return (
    <SheetFrame
      icon="template"
      title={template.title}
      submitLabel="Send template"
      canSubmit={canSend}
      testId="template-fill"
      onClose={back}
      onSubmit={() => void send()}
      aside={words}
    >
      {kind === null ? null : (
        <FileField label={`The ${kind} above the text`} accept={ACCEPT[kind]} file={file} fit={fit} onFile={setFile} />
      )}
      {blanksOf(template).map(({ key, label }) => (
        <Field
          key={key}
          label={label}
          value={values[key] ?? ''}
          maxLength={MAX_PARAMETER}
          testId={`template-${key}`}
          onChange={(text) => {
            setValues({ ...values, [key]: text });
          }}
        />
      ))}
      <Preview template={template} values={values} />
    </SheetFrame>
  );
}
