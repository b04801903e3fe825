/** An order from a catalog, or a question about a product. */
import type { ReactNode } from 'react';
import type { Message } from '../../../../src/contract/message.ts';
import { moneyOf } from '../format.ts';
import { listAt, numberAt, textAt } from '../loose.ts';
import { Labelled } from './labelled.tsx';

interface Line {
  readonly name: string;
  readonly quantity: number;
  readonly price: number | null;
  readonly currency: string | null;
}

function linesOf(order: NonNullable<Message['order']>): readonly Line[] {
  return listAt(order, 'items').map((item) => ({
    name: textAt(item, 'name', 'sku') ?? 'Item',
    quantity: numberAt(item, 'quantity') ?? 1,
    price: numberAt(item, 'price'),
    currency: textAt(item, 'currency'),
  }));
}

/** The sum of the lines; null unless all have a price in the same currency. */
export function totalOf(lines: readonly Line[]): string | null {
  const currency = lines[0]?.currency ?? null;
  let sum = 0;
  for (const line of lines) {
    if (line.price === null || line.currency !== currency) return null;
    sum += line.price * line.quantity;
  }
  return lines.length === 0 ? null : moneyOf(sum, currency);
}

function givenTotal(order: NonNullable<Message['order']>): string | null {
  const total = numberAt(order, 'total');
  return total === null ? null : moneyOf(total, textAt(order, 'currency'));
}

/** The lines of an order with their sum. */
export function Order({ order }: { readonly order: NonNullable<Message['order']> }): ReactNode {
  const lines = linesOf(order);
  const count = numberAt(order, 'itemCount') ?? lines.length;
  const total = totalOf(lines) ?? givenTotal(order);
  return (
    <Labelled icon="cart" label={`Order · ${String(count)} ${count === 1 ? 'item' : 'items'}`}>
      {lines.map((line, index) => (
        <div key={index} className="order-line">
          <span>
            {line.quantity} × {line.name}
          </span>
          <span>{line.price === null ? '' : moneyOf(line.price * line.quantity, line.currency)}</span>
        </div>
      ))}
      {total === null ? null : (
        <div className="order-line order-total">
          <span>Total</span>
          <span>{total}</span>
        </div>
      )}
    </Labelled>
  );
}

/** The product that a message asks about, by its id in the catalog. */
export function Product({ message }: { readonly message: Message }): ReactNode {
  const sku = textAt(message, 'referredProduct.productRetailerId');
  return sku === null ? null : (
    <Labelled icon="cart" label="Asks about a product">
      <span className="mono">{sku}</span>
    </Labelled>
  );
}
