/** The only thing that may be sent when the 24-hour window is closed: an approved template by name. */
import { useState, type FormEvent, type ReactNode } from 'react';
import { actions } from '../state/app.ts';
import { Icon } from './icons.tsx';

const MAX_PARAMETERS = 10;

/** Name, language and the texts of the body's placeholders. */
export function TemplateForm({ threadId }: { readonly threadId: string }): ReactNode {
  const [name, setName] = useState('');
  const [language, setLanguage] = useState('en');
  const [parameters, setParameters] = useState<readonly string[]>([]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const choice = { name: name.trim(), language: language.trim(), parameters };
    if (actions.sendTemplate(threadId, choice)) setParameters([]);
  };
  const isComplete =
    name.trim() !== '' && language.trim().length >= 2 && parameters.every((text) => text.trim() !== '');
  return (
    <form className="template-form" data-testid="template-form" onSubmit={submit}>
      <p>
        More than 24 hours have passed since the customer wrote. WhatsApp now accepts only an approved template; their
        answer opens the window again.
      </p>
      <div className="template-fields">
        <label>
          Template
          <input
            value={name}
            maxLength={512}
            placeholder="order_update"
            data-testid="template-name"
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <label className="template-language">
          Language
          <input
            value={language}
            maxLength={16}
            data-testid="template-language"
            onChange={(event) => setLanguage(event.target.value)}
          />
        </label>
        {parameters.map((text, index) => (
          <label key={index}>
            {`Text for {{${String(index + 1)}}}`}
            <input
              value={text}
              maxLength={1024}
              onChange={(event) => setParameters(parameters.with(index, event.target.value))}
            />
          </label>
        ))}
      </div>
      <div className="composer-foot">
        <span>
          <button
            type="button"
            className="link"
            disabled={parameters.length >= MAX_PARAMETERS}
            onClick={() => setParameters([...parameters, ''])}
          >
            Add a text
          </button>
          {parameters.length === 0 ? null : (
            <button type="button" className="link" onClick={() => setParameters(parameters.slice(0, -1))}>
              Remove the last
            </button>
          )}
        </span>
        <button type="submit" className="button button-primary" data-testid="send" disabled={!isComplete}>
          <Icon name="template" size={16} />
          Send template
        </button>
      </div>
    </form>
  );
}
