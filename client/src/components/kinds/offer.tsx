/** An interactive message that we sent: buttons, a list, a link, products or a form. */
import type { ReactNode } from 'react';
import type { Message } from '../../../../src/contract/message.ts';
import { Icon } from '../icons.tsx';
import { listAt, textAt, webAddress } from '../loose.ts';
import { RichText } from '../rich-text-view.tsx';

type Interactive = NonNullable<Message['interactive']>;

function Buttons({ interactive }: { readonly interactive: Interactive }): ReactNode {
  return listAt(interactive, 'action.buttons').map((button, index) => (
    <span key={index} className="choice" dir="auto">
      {textAt(button, 'reply.title')}
    </span>
  ));
}

function Rows({ interactive }: { readonly interactive: Interactive }): ReactNode {
  const sections = listAt(interactive, 'action.sections');
  const rows = sections.flatMap((section) => listAt(section, 'rows'));
  if (rows.length === 0) return null;
  return (
    <details className="offer-list">
      <summary className="choice">
        <Icon name="list" size={15} />
        {textAt(interactive, 'action.button') ?? 'Choices'}
      </summary>
      {rows.map((row, index) => (
        <div key={index} className="offer-row" dir="auto">
          {textAt(row, 'title')}
          <span className="faint">{textAt(row, 'description')}</span>
        </div>
      ))}
    </details>
  );
}

function Link({ interactive }: { readonly interactive: Interactive }): ReactNode {
  const href = webAddress(textAt(interactive, 'action.parameters.url'));
  if (href === null) return null;
  return (
    <a className="choice" href={href} target="_blank" rel="noopener noreferrer nofollow" dir="auto">
      {textAt(interactive, 'action.parameters.display_text') ?? href}
    </a>
  );
}

/** The products by their ids in the catalog. Several are behind a button, as on the phone. */
function Products({ interactive }: { readonly interactive: Interactive }): ReactNode {
  const one = textAt(interactive, 'action.product_retailer_id');
  if (one !== null) {
    return (
      <span className="chosen">
        <Icon name="cart" size={15} />
        <span className="mono">{one}</span>
      </span>
    );
  }
  const sections = listAt(interactive, 'action.sections').filter((section) => 'product_items' in section);
  if (sections.length === 0) return null;
  return (
    <details className="offer-list">
      <summary className="choice">
        <Icon name="cart" size={15} />
        View items
      </summary>
      {sections.map((section, index) => (
        <div key={index}>
          <span className="faint" dir="auto">
            {textAt(section, 'title')}
          </span>
          {listAt(section, 'product_items').map((item, place) => (
            <div key={place} className="offer-row mono">
              {textAt(item, 'product_retailer_id')}
            </div>
          ))}
        </div>
      ))}
    </details>
  );
}

function Form({ interactive }: { readonly interactive: Interactive }): ReactNode {
  const label = textAt(interactive, 'action.parameters.flow_cta');
  return label === null ? null : (
    <span className="choice" dir="auto">
      <Icon name="form" size={15} />
      {label}
    </span>
  );
}

/** Header, text and footer as the customer sees them, followed by the choices. */
export function Offer({
  interactive,
  text,
}: {
  readonly interactive: Interactive;
  readonly text: string | null;
}): ReactNode {
  const header = textAt(interactive, 'header.text');
  const body = textAt(interactive, 'body.text') ?? text;
  const footer = textAt(interactive, 'footer.text');
  return (
    <div className="offer">
      {header === null ? null : <strong dir="auto">{header}</strong>}
      {body === null ? null : <RichText text={body} />}
      {footer === null ? null : (
        <span className="faint" dir="auto">
          {footer}
        </span>
      )}
      <Buttons interactive={interactive} />
      <Rows interactive={interactive} />
      <Link interactive={interactive} />
      <Products interactive={interactive} />
      <Form interactive={interactive} />
    </div>
  );
}
