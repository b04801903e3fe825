/** Interactive messages: what a customer chose or filled in, and what we offered. */
import type { ReactNode } from 'react';
import type { Message } from '../../../../src/contract/message.ts';
import { Attachment } from '../attachments/attachment.tsx';
import { Icon, type IconName } from '../icons.tsx';
import { fieldsAt, textAt } from '../loose.ts';
import { RichText } from '../rich-text-view.tsx';
import { Labelled } from './labelled.tsx';
import { Offer } from './offer.tsx';

type Interactive = NonNullable<Message['interactive']>;

const ANSWERS: Readonly<Record<string, readonly [icon: IconName, label: string]>> = {
  button_reply: ['check', 'Chose'],
  list_reply: ['list', 'Chose from the list'],
  template_button: ['check', 'Chose, below a template'],
  call_permission_reply: ['phone', 'Calls'],
};

function Form({ interactive, text }: { readonly interactive: Interactive; readonly text: string | null }): ReactNode {
  const fields = fieldsAt(interactive, 'data');
  return (
    <Labelled icon="list" label="Filled in a form">
      {text === null ? null : <RichText text={text} />}
      {fields.length === 0 ? null : (
        <table className="form-table">
          <tbody>
            {fields.map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td dir="auto">{value}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Labelled>
  );
}

const permission = (interactive: Interactive): string =>
  textAt(interactive, 'response') === 'accept' ? 'You may call this customer.' : 'The customer wants no calls.';

function Choice({ interactive, text }: { readonly interactive: Interactive; readonly text: string | null }): ReactNode {
  const kind = textAt(interactive, 'kind') ?? '';
  const [icon, label] = ANSWERS[kind] ?? ['list', 'Answered'];
  const words = kind === 'call_permission_reply' ? permission(interactive) : textAt(interactive, 'title');
  const description = textAt(interactive, 'description');
  return (
    <Labelled icon={icon} label={label}>
      <span className="chosen" dir="auto">
        <Icon name="check" size={15} />
        {words ?? text ?? 'An answer'}
      </span>
      {description === null ? null : (
        <span className="faint" dir="auto">
          {description}
        </span>
      )}
    </Labelled>
  );
}

/** An interactive message from either side. */
export function Answer({ message }: { readonly message: Message }): ReactNode {
  const { interactive, text } = message;
  if (interactive === undefined) return text === null ? null : <RichText text={text} />;
  if (message.direction === 'outbound') {
    return (
      <>
        <Attachment message={message} />
        <Offer interactive={interactive} text={text} />
      </>
    );
  }
  if (textAt(interactive, 'kind') === 'flow_reply') return <Form interactive={interactive} text={text} />;
  return <Choice interactive={interactive} text={text} />;
}
