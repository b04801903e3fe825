/** Messages received and sent per day as bars, and all daily figures as a table. */
import type { ReactNode } from 'react';
import type { Report } from '../../../../src/contract/reports.ts';
import { chartOf, type Bar } from '../../state/reports.ts';
import { DoneCells } from './done-cells.tsx';
import { countOf, longDay, shortDay } from './words.ts';

/** With more day names than this, they would overlap. */
const MOST_NAMED = 8;

function wordsOf({ day, received, sent }: Bar): string {
  const came = received === null ? '' : `${countOf(received)} received, `;
  return `${longDay(day)}: ${came}${countOf(sent)} sent`;
}

function Column({
  bar,
  top,
  isNamed,
}: {
  readonly bar: Bar;
  readonly top: number;
  readonly isNamed: boolean;
}): ReactNode {
  const height = (count: number): { height: string } => ({ height: `${String((count / top) * 100)}%` });
  return (
    <div className="chart-day" title={wordsOf(bar)}>
      <div className="chart-bars">
        {bar.received === null ? null : <span data-bar="received" style={height(bar.received)} />}
        <span data-bar="sent" style={height(bar.sent)} />
      </div>
      <span className="chart-name">{isNamed ? shortDay(bar.day) : ''}</span>
    </div>
  );
}

/** Hidden from screen readers: it says nothing that the table does not. */
function Chart({ report }: { readonly report: Report }): ReactNode {
  const { bars, top } = chartOf(report);
  const step = Math.ceil(bars.length / MOST_NAMED);
  return (
    <div className="chart" aria-hidden="true" data-testid="chart">
      <div className="chart-scale">
        {[top, top / 2, 0].map((mark) => (
          <span key={mark}>{countOf(mark)}</span>
        ))}
      </div>
      <div className="chart-days">
        {bars.map((bar, index) => (
          <Column key={bar.day} bar={bar} top={top} isNamed={(bars.length - 1 - index) % step === 0} />
        ))}
      </div>
    </div>
  );
}

function Legend({ isWhole }: { readonly isWhole: boolean }): ReactNode {
  return (
    <p className="chart-legend" aria-hidden="true">
      {isWhole ? <span data-bar="received">Received</span> : null}
      <span data-bar="sent">Sent</span>
    </p>
  );
}

function DayTable({ report }: { readonly report: Report }): ReactNode {
  const isWhole = report.total.received !== null;
  return (
    <table className="report-table" data-testid="days-table">
      <thead>
        <tr>
          <th scope="col">Day</th>
          {isWhole ? (
            <>
              <th scope="col">Received</th>
              <th scope="col">Conversations</th>
            </>
          ) : null}
          <th scope="col">Sent</th>
          <th scope="col">Resolved</th>
          <th scope="col">Answers</th>
          <th scope="col">Half waited</th>
          <th scope="col">Nine in ten</th>
        </tr>
      </thead>
      <tbody>
        {report.days.map(({ day, received, begun, ...done }) => (
          <tr key={day}>
            <th scope="row">{longDay(day)}</th>
            {isWhole ? (
              <>
                <td>{countOf(received ?? 0)}</td>
                <td>{countOf(begun ?? 0)}</td>
              </>
            ) : null}
            <DoneCells done={done} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface DaysProps {
  readonly report: Report;
  readonly download: ReactNode;
}

/** The card with the chart and the table. */
export function Days({ report, download }: DaysProps): ReactNode {
  return (
    <section className="team-card" aria-labelledby="report-days">
      <header className="team-card-head">
        <h2 id="report-days">Day by day</h2>
        <Legend isWhole={report.total.received !== null} />
        {download}
      </header>
      <Chart report={report} />
      <details className="day-details">
        <summary data-testid="days-open">All figures of each day</summary>
        <div className="report-scroll" role="group" aria-label="Table of the days" tabIndex={0}>
          <DayTable report={report} />
        </div>
      </details>
    </section>
  );
}
