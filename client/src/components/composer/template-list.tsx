/** A searchable list of the templates that can be sent through a number. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { Account } from '../../../../src/contract/entities.ts';
import type { Template } from '../../../../src/contract/templates.ts';
import { isOfComposition } from '../composition.ts';
import { Icon } from '../icons.tsx';
import { aboutTemplate } from './template-about.ts';
import { useTemplates } from './use-templates.ts';

/** `unknown` means the carrier reported no state, so the template may be tried. */
const isSendable = ({ status }: Template): boolean => status === 'approved' || status === 'unknown';

interface TemplateListProps {
  readonly accountId: Account['id'];
  readonly onPick: (template: Template) => void;
  readonly onByName: () => void;
  readonly onClose?: (() => void) | undefined;
}

function Option({ template, onPick }: { readonly template: Template; readonly onPick: () => void }): ReactNode {
  return (
    <li>
      <button type="button" className="template-option" data-testid="template-option" onClick={onPick}>
        <span className="template-title">
          <strong>{template.title}</strong>
          <span className="faint">{aboutTemplate(template)}</span>
        </span>
        <span className="template-body" dir="auto">
          {template.body}
        </span>
      </button>
    </li>
  );
}

interface SearchProps {
  readonly query: string;
  readonly onQuery: (query: string) => void;
  readonly onClose: (() => void) | undefined;
}

function Search({ query, onQuery, onClose }: SearchProps): ReactNode {
  const search = useRef<HTMLInputElement>(null);
  const isAskedFor = onClose !== undefined;
  useEffect(() => {
    // The button that opened the list is gone, and the focus with it.
    if (isAskedFor) search.current?.focus();
  }, [isAskedFor]);
  return (
    <div className="template-head">
      <Icon name="template" size={16} />
      <input
        ref={search}
        type="search"
        value={query}
        maxLength={200}
        placeholder="Search templates"
        aria-label="Search templates"
        data-testid="template-search"
        onChange={(event) => {
          onQuery(event.target.value);
        }}
      />
      {onClose === undefined ? null : (
        <button type="button" className="icon-button" aria-label="Back to the text" onClick={onClose}>
          <Icon name="close" size={14} />
        </button>
      )}
    </div>
  );
}

/**
 * Shows approved templates and those of unknown state. One that was created a moment ago can be entered by name
 * instead.
 */
export function TemplateList({ accountId, onPick, onByName, onClose }: TemplateListProps): ReactNode {
  const [query, setQuery] = useState('');
  const { templates } = useTemplates(accountId, query);
  const shown = templates.items.filter(isSendable);
  return (
    <div
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || onClose === undefined || isOfComposition(event.nativeEvent)) return;
        event.stopPropagation();
        onClose();
      }}
    >
      <Search query={query} onQuery={setQuery} onClose={onClose} />
      <ul className="template-options" aria-label="Templates">
        {shown.map((template) => (
          <Option
            key={`${template.name}/${template.language}`}
            template={template}
            onPick={() => {
              onPick(template);
            }}
          />
        ))}
      </ul>
      <div className="composer-foot">
        <span role="status">
          {templates.state === 'loading' ? 'Loading …' : null}
          {templates.state === 'failed' ? templates.words : null}
          {templates.state === 'ready' && shown.length === 0 ? 'No approved template here.' : null}
        </span>
        <button type="button" className="link" data-testid="template-by-name" onClick={onByName}>
          Name another template
        </button>
      </div>
    </div>
  );
}
