/** Form for naming a template that is not in the list yet. */
import { useState, type ReactNode, type SubmitEvent } from 'react';
import type { TemplateRef } from '../../../../src/contract/content.ts';
import { Icon } from '../icons.tsx';
import type { SheetProps } from './sheet-frame.tsx';

const MAX_PARAMETERS = 10;

interface ParametersProps {
  readonly parameters: readonly string[];
  readonly onChange: (parameters: readonly string[]) => void;
}

function Parameters({ parameters, onChange }: ParametersProps): ReactNode {
  return parameters.map((text, index) => (
    <label key={index}>
      {`Text for {{${String(index + 1)}}}`}
      <input
        value={text}
        maxLength={1024}
        onChange={(event) => {
          onChange(parameters.with(index, event.target.value));
        }}
      />
    </label>
  ));
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly maxLength: number;
  readonly testId: string;
  readonly onChange: (value: string) => void;
}

function Field({ label, value, maxLength, testId, onChange }: FieldProps): ReactNode {
  return (
    <label className={testId}>
      {label}
      <input
        value={value}
        maxLength={maxLength}
        data-testid={testId}
        onChange={(event) => {
          onChange(event.target.value);
        }}
      />
    </label>
  );
}

function ParameterTools({ parameters, onChange }: ParametersProps): ReactNode {
  const add = (): void => {
    onChange([...parameters, '']);
  };
  const removeLast = (): void => {
    onChange(parameters.slice(0, -1));
  };
  return (
    <>
      <button type="button" className="link" disabled={parameters.length >= MAX_PARAMETERS} onClick={add}>
        Add a text
      </button>
      {parameters.length === 0 ? null : (
        <button type="button" className="link" onClick={removeLast}>
          Remove the last
        </button>
      )}
    </>
  );
}

interface TemplateFormProps extends Pick<SheetProps, 'onSend'> {
  readonly onBack: () => void;
}

/** A template reference with the texts as parameters of its body. */
function templateOf(name: string, language: string, texts: readonly string[]): TemplateRef {
  if (texts.length === 0) return { name, language };
  return { name, language, components: [{ type: 'body', parameters: texts.map((text) => ({ type: 'text', text })) }] };
}

/** Asks for the name, the language and the texts for the placeholders of the body. */
export function TemplateForm({ onSend, onBack }: TemplateFormProps): ReactNode {
  const [name, setName] = useState('');
  const [language, setLanguage] = useState('en');
  const [parameters, setParameters] = useState<readonly string[]>([]);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const template = templateOf(name.trim(), language.trim(), parameters);
    if (onSend({ kind: 'template', template })) setParameters([]);
  };
  const isNamed = name.trim() !== '' && language.trim().length >= 2;
  return (
    <form className="template-form" data-testid="template-form" onSubmit={submit}>
      <div className="template-fields">
        <Field label="Template" value={name} maxLength={512} testId="template-name" onChange={setName} />
        <Field label="Language" value={language} maxLength={16} testId="template-language" onChange={setLanguage} />
        <Parameters parameters={parameters} onChange={setParameters} />
      </div>
      <div className="composer-foot">
        <span>
          <button type="button" className="link" onClick={onBack}>
            To the list
          </button>
          <ParameterTools parameters={parameters} onChange={setParameters} />
        </span>
        <button
          type="submit"
          className="button button-primary"
          data-testid="send"
          disabled={!isNamed || parameters.some((text) => text.trim() === '')}
        >
          <Icon name="template" size={16} />
          Send template
        </button>
      </div>
    </form>
  );
}
