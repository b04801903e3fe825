/** Dialog with the templates of a number and their state at the carrier. */
import { useState, type ReactNode } from 'react';
import type { Account } from '../../../../src/contract/entities.ts';
import type { Template, TemplateStatus } from '../../../../src/contract/templates.ts';
import { Dialog } from '../../components/dialog.tsx';
import { fullTime } from '../../components/format.ts';
import { aboutTemplate } from '../../components/composer/template-about.ts';
import { useTemplates } from '../../components/composer/use-templates.ts';
import { actions } from '../../state/app.ts';

const STATUS_WORDS: Readonly<Record<TemplateStatus, string>> = {
  approved: 'Approved',
  pending: 'Being checked',
  rejected: 'Rejected',
  paused: 'Paused',
  disabled: 'Disabled',
  unknown: 'State unknown',
};

function Row({ template }: { readonly template: Template }): ReactNode {
  const { title, status, reason, body } = template;
  return (
    <li className="template-row">
      <span className="template-title">
        <strong>{title}</strong>
        <span className="faint">{aboutTemplate(template)}</span>
      </span>
      <span className="chip template-status" data-status={status}>
        {STATUS_WORDS[status]}
      </span>
      <p dir="auto">{body}</p>
      {reason === null ? null : <p className="template-reason">{reason}</p>}
    </li>
  );
}

function useSync(account: Account, reload: () => void) {
  const [words, setWords] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  return {
    words,
    isBusy,
    sync: async (): Promise<void> => {
      setBusy(true);
      const answer = await actions.administer('template:sync', { accountId: account.id });
      setBusy(false);
      setWords(answer.ok ? `${String(answer.data.count)} templates read.` : answer.error.message);
      if (answer.ok) reload();
    },
  };
}

/** Shows our copy; the button reads the carrier's templates again. */
export function TemplatesDialog({
  account,
  onClose,
}: {
  readonly account: Account;
  readonly onClose: () => void;
}): ReactNode {
  const [query, setQuery] = useState('');
  const { templates, reload } = useTemplates(account.id, query);
  const { words, isBusy, sync } = useSync(account, reload);
  return (
    <Dialog title={`Templates of ${account.name}`} testId="templates" isWide onClose={onClose}>
      <div className="template-head">
        <input
          type="search"
          value={query}
          maxLength={200}
          placeholder="Search"
          aria-label="Search templates"
          onChange={(event) => {
            setQuery(event.target.value);
          }}
        />
        <span className="faint" role="status">
          {words ?? (templates.syncedAt === null ? 'Never read' : `Read ${fullTime(templates.syncedAt)}`)}
        </span>
        <button
          type="button"
          className="button"
          data-testid="template-sync"
          aria-disabled={isBusy}
          onClick={() => {
            if (!isBusy) void sync();
          }}
        >
          {isBusy ? 'Reading …' : 'Read again'}
        </button>
      </div>
      {templates.state === 'failed' ? <p className="template-empty">{templates.words}</p> : null}
      {templates.state === 'ready' && templates.items.length === 0 ? (
        <p className="template-empty">
          {templates.syncedAt === null
            ? 'Not read from the carrier yet.'
            : 'No templates. They are made and approved at the carrier.'}
        </p>
      ) : null}
      <ul className="template-rows">
        {templates.items.map((template) => (
          <Row key={`${template.name}/${template.language}`} template={template} />
        ))}
      </ul>
    </Dialog>
  );
}
