/** A table of what each colleague did, sortable by column. */
import { useState, type ReactNode } from 'react';
import type { MemberFigures } from '../../../../src/contract/reports.ts';
import { Avatar } from '../../components/avatar.tsx';
import { inOrder, orderedBy, type Column, type Order } from '../../state/reports.ts';
import { DoneCells } from './done-cells.tsx';

const COLUMNS: readonly (readonly [Column, string, string])[] = [
  ['name', 'Colleague', ''],
  ['sent', 'Sent', 'Messages they wrote'],
  ['resolved', 'Resolved', 'Conversations they resolved'],
  ['answered', 'Answers', 'Answers to customers who waited for one'],
  ['half', 'Half waited', 'Half of those whom they answered had waited so long, or less'],
  ['most', 'Nine in ten', 'Nine in ten of those whom they answered had waited so long, or less'],
];

interface HeadingProps {
  readonly column: Column;
  readonly label: string;
  readonly words: string;
  readonly order: Order;
  readonly onOrder: (order: Order) => void;
}

function Heading({ column, label, words, order, onOrder }: HeadingProps): ReactNode {
  const sorted = order.isDown ? 'descending' : 'ascending';
  return (
    <th scope="col" aria-sort={order.column === column ? sorted : undefined}>
      <button
        type="button"
        className="sort"
        data-testid={`sort-${column}`}
        title={words}
        onClick={() => {
          onOrder(orderedBy(order, column));
        }}
      >
        {label}
        <span className="sort-mark" aria-hidden="true" />
      </button>
    </th>
  );
}

function Row({ figures }: { readonly figures: MemberFigures }): ReactNode {
  const { memberId, displayName, removed } = figures;
  return (
    <tr data-testid="report-member">
      <th scope="row">
        <span className="member">
          <Avatar name={displayName} seed={memberId} size="small" />
          <span className="report-person">
            <bdi>{displayName}</bdi>
            {removed ? <span className="faint">no longer in the team</span> : null}
          </span>
        </span>
      </th>
      <DoneCells done={figures} />
    </tr>
  );
}

interface PeopleProps {
  readonly members: readonly MemberFigures[];
  readonly download: ReactNode;
}

/** The card with the table. */
export function People({ members, download }: PeopleProps): ReactNode {
  const [order, setOrder] = useState<Order>({ column: 'name', isDown: false });
  return (
    <section className="team-card" aria-labelledby="report-people">
      <header className="team-card-head">
        <h2 id="report-people">Colleagues</h2>
        {download}
      </header>
      {members.length === 0 ? (
        <p className="team-words">Nobody wrote, answered or resolved anything in these days.</p>
      ) : (
        <div className="report-scroll" role="group" aria-label="Table of colleagues" tabIndex={0}>
          <table className="report-table" data-testid="people-table">
            <thead>
              <tr>
                {COLUMNS.map(([column, label, words]) => (
                  <Heading key={column} column={column} label={label} words={words} order={order} onOrder={setOrder} />
                ))}
              </tr>
            </thead>
            <tbody>
              {inOrder(members, order).map((figures) => (
                <Row key={figures.memberId} figures={figures} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
