/** What administrators may do with all data stored about a customer. */
import { useState, type ReactNode } from 'react';
import type { Contact } from '../../../../src/contract/entities.ts';
import { actions, useApp } from '../../state/app.ts';
import { managesContacts } from '../../state/role.ts';
import { ExportDialog } from './export-dialog.tsx';

function Buttons({ contact }: { readonly contact: Contact }): ReactNode {
  const [isExporting, setExporting] = useState(false);
  return (
    <div className="personal-acts">
      <button
        type="button"
        className="button"
        data-testid="export-open"
        onClick={() => {
          setExporting(true);
        }}
      >
        Export …
      </button>
      <button
        type="button"
        className="button button-risky"
        data-testid="erase-open"
        onClick={() => {
          actions.askToErase(contact);
        }}
      >
        Erase …
      </button>
      {isExporting ? (
        <ExportDialog
          contact={contact}
          onClose={() => {
            setExporting(false);
          }}
        />
      ) : null}
    </div>
  );
}

/** Renders nothing for anybody else. */
export function PersonalData({ contact }: { readonly contact: Contact }): ReactNode {
  const isOffered = useApp(managesContacts);
  if (!isOffered) return null;
  return (
    <section data-testid="personal-data">
      <h4>Personal data</h4>
      <Buttons contact={contact} />
    </section>
  );
}
