/** The fourth column: the customer and the facts of the conversation. */
import type { ReactNode } from 'react';
import type { Account, Thread } from '../../../src/contract/entities.ts';
import { actions, useApp } from '../state/app.ts';
import { Avatar } from '../components/avatar.tsx';
import { fullTime } from '../components/format.ts';
import { Icon } from '../components/icons.tsx';
import { TagEditor } from '../components/tag-editor.tsx';
import { Merges } from './contact-merges.tsx';
import { PersonalData } from './personal-data/personal-data.tsx';

const PROVIDERS = { cloud: 'WhatsApp Cloud API', evolution: 'Evolution API', twilio: 'Twilio' } as const;
const ADDRESSES = {
  wa_id: 'WhatsApp',
  jid: 'JID',
  lid: 'LID',
  bsuid: 'Business id',
  username: 'Username',
  group: 'Group',
} as const;

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }): ReactNode {
  return (
    <div className="fact">
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Facts({ thread, account }: { readonly thread: Thread; readonly account: Account | undefined }): ReactNode {
  return (
    <dl className="facts">
      <Fact label="Number">{account === undefined ? '–' : account.name}</Fact>
      {account === undefined ? null : <Fact label="Through">{PROVIDERS[account.provider]}</Fact>}
      <Fact label="First contact">{fullTime(thread.createdAt)}</Fact>
      <Fact label="Last activity">{fullTime(thread.lastActivityAt)}</Fact>
      {thread.snoozedUntil === null ? null : <Fact label="Snoozed until">{fullTime(thread.snoozedUntil)}</Fact>}
      {thread.windowExpiresAt === null ? null : (
        <Fact label="Free reply until">{fullTime(thread.windowExpiresAt)}</Fact>
      )}
    </dl>
  );
}

function Details({ thread }: { readonly thread: Thread }): ReactNode {
  const account = useApp((state) => state.machine.inbox.accounts.get(thread.accountId));
  const { contact } = thread;
  return (
    <aside className="pane-details" aria-label="Details" data-testid="details">
      <header className="details-head">
        <h2>Details</h2>
        <button
          type="button"
          className="icon-button"
          aria-label="Close the details"
          onClick={() => {
            actions.toggleDetails();
          }}
        >
          <Icon name="close" />
        </button>
      </header>
      <div className="details-body">
        <div className="details-person">
          <Avatar name={contact.displayName} seed={contact.id} size="large" />
          <h3>{contact.displayName}</h3>
          {contact.phone === null ? null : <a href={`tel:${contact.phone}`}>{contact.phone}</a>}
        </div>
        <section>
          <h4>Tags</h4>
          <TagEditor thread={thread} />
        </section>
        <section>
          <h4>Conversation</h4>
          <Facts thread={thread} account={account} />
        </section>
        <section>
          <h4>Known as</h4>
          <dl className="facts">
            {contact.addresses.map(({ type, value }) => (
              <Fact key={`${type}:${value}`} label={ADDRESSES[type]}>
                <span className="mono">{value}</span>
              </Fact>
            ))}
          </dl>
        </section>
        <section>
          <h4>Same person</h4>
          <Merges key={contact.id} contact={contact} />
        </section>
        <PersonalData key={`data ${contact.id}`} contact={contact} />
      </div>
    </aside>
  );
}

/** Renders nothing without an open thread. */
export function DetailsPane(): ReactNode {
  const isOpen = useApp((state) => state.ui.isDetailsOpen);
  const thread = useApp((state) =>
    state.ui.selectedId === null ? undefined : state.machine.inbox.threads.get(state.ui.selectedId),
  );
  return isOpen && thread !== undefined ? <Details thread={thread} /> : null;
}
