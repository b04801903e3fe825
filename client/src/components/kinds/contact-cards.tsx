/** Contact cards: names, and numbers to call or write to. */
import type { ReactNode } from 'react';
import type { ContactCard } from '../../../../src/contract/message.ts';
import { actions } from '../../state/app.ts';
import { Icon } from '../icons.tsx';
import { Labelled } from './labelled.tsx';

type Phone = ContactCard['phones'][number];

function PhoneLine({ phone, accountId }: { readonly phone: Phone; readonly accountId: string | null }): ReactNode {
  const digits = phone.waId ?? phone.phone.replace(/\D/g, '');
  return (
    <span className="contact-phone">
      <a href={`tel:${phone.phone.replace(/[^\d+]/g, '')}`}>{phone.phone}</a>
      {digits.length < 5 || accountId === null ? null : (
        <button
          type="button"
          className="link"
          title="Write to this number"
          onClick={() => {
            actions.startConversation({ accountId, to: `+${digits}` });
          }}
        >
          <Icon name="send" size={14} />
          Start conversation
        </button>
      )}
    </span>
  );
}

interface CardsProps {
  readonly cards: readonly ContactCard[];
  /** The number that a conversation would go through; null offers no conversation. */
  readonly accountId: string | null;
}

/** All cards of one message. */
export function ContactCards({ cards, accountId }: CardsProps): ReactNode {
  return (
    <Labelled icon="card" label={cards.length > 1 ? `${String(cards.length)} contacts` : 'Contact'}>
      {cards.map((card, index) => (
        <div key={`${card.name}-${String(index)}`} className="contact-card">
          <strong>{card.name === '' ? 'Without a name' : card.name}</strong>
          {card.phones.map((phone) => (
            <PhoneLine key={phone.phone} phone={phone} accountId={accountId} />
          ))}
        </div>
      ))}
    </Labelled>
  );
}
