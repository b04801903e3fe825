/**
 * The reports: what came in, what was done, and how long customers waited. Agents see only what they did themselves.
 */
import type { ReactNode } from 'react';
import type { Report } from '../../../../src/contract/reports.ts';
import { serverNow } from '../../clock.ts';
import { saveObject } from '../../components/attachments/save.ts';
import { ConnectionState } from '../../components/connection-state.tsx';
import { fullTime, timeOf } from '../../components/format.ts';
import { Icon } from '../../components/icons.tsx';
import { useTick } from '../../components/use-tick.ts';
import { useApp } from '../../state/app.ts';
import { reportedOn } from '../../state/role.ts';
import { isEmpty, localDay, rangeOf, rangeProblem, type Range } from '../../state/reports.ts';
import { daysCsv, membersCsv } from './csv.ts';
import { Days } from './day-chart.tsx';
import { Figures } from './figures.tsx';
import { People } from './people.tsx';
import { RangePicker } from './range-picker.tsx';
import { useReport, type Reading } from './use-report.ts';

/** Midnight is noticed within this time. */
const TICK_MS = 30_000;

interface DownloadProps {
  readonly what: 'days' | 'colleagues';
  readonly range: Range;
  readonly text: () => string;
}

function Download({ what, range, text }: DownloadProps): ReactNode {
  const save = (): void => {
    const file = new Blob([text()], { type: 'text/csv;charset=utf-8' });
    saveObject(URL.createObjectURL(file), `${what}-${range.from}-${range.to}.csv`);
  };
  return (
    <button
      type="button"
      className="link"
      data-testid={`csv-${what}`}
      aria-label={`Download the ${what} as CSV`}
      onClick={save}
    >
      <Icon name="download" size={14} />
      CSV
    </button>
  );
}

/** Until when the report counts. Shows the date too if counting has fallen behind to an earlier day. */
function Counted({ report }: { readonly report: Report }): ReactNode {
  const { countedUntil } = report;
  if (countedUntil === null) return <span className="faint">nothing is counted yet</span>;
  const isToday = localDay(Date.parse(countedUntil)) === localDay(serverNow());
  return (
    <time className="faint" data-testid="counted-until" dateTime={countedUntil} title={fullTime(countedUntil)}>
      counted until {isToday ? timeOf(countedUntil) : fullTime(countedUntil)}
    </time>
  );
}

function Content({ report, range }: { readonly report: Report; readonly range: Range }): ReactNode {
  const of = useApp(reportedOn);
  return (
    <>
      <Figures total={report.total} of={of} />
      {isEmpty(report) ? (
        <div className="team-card empty" data-testid="report-empty">
          <Icon name="poll" size={28} />
          <h2>Nothing happened in these days</h2>
          <p>{of === 'oneself' ? 'You wrote and resolved nothing.' : 'Nothing came and nothing was done.'}</p>
        </div>
      ) : null}
      {isEmpty(report) || report.days.length === 1 ? null : (
        <Days report={report} download={<Download what="days" range={range} text={() => daysCsv(report)} />} />
      )}
      {of === 'everybody' && !isEmpty(report) ? (
        <People
          members={report.members}
          download={<Download what="colleagues" range={range} text={() => membersCsv(report)} />}
        />
      ) : null}
    </>
  );
}

function Body({
  reading,
  range,
  onAgain,
}: {
  readonly reading: Reading;
  readonly range: Range;
  readonly onAgain: () => void;
}): ReactNode {
  if (reading.state === 'ready') return <Content report={reading.report} range={range} />;
  if (reading.state === 'loading') {
    return (
      <p className="team-card report-loading" role="status">
        Loading …
      </p>
    );
  }
  return (
    <div className="team-card empty" role="alert" data-testid="report-failed">
      <Icon name="alert" size={28} />
      <p>{reading.words}</p>
      <button type="button" className="button" data-testid="report-again" onClick={onAgain}>
        Try again
      </button>
    </div>
  );
}

/** Replaces the list, conversation and details. */
export function ReportsScreen(): ReactNode {
  useTick(TICK_MS);
  const choice = useApp((state) => state.ui.reported);
  const isOwn = useApp((state) => reportedOn(state) === 'oneself');
  const range = rangeOf(choice, serverNow());
  const problem = rangeProblem(range);
  const [reading, again] = useReport(range);
  return (
    <main className="team reports" data-testid="reports">
      <header className="team-head">
        <h1>{isOwn ? 'My reports' : 'Reports'}</h1>
        <ConnectionState />
        {reading.state === 'ready' && problem === null ? <Counted report={reading.report} /> : null}
      </header>
      <RangePicker problem={problem} />
      {problem === null ? <Body reading={reading} range={range} onAgain={again} /> : null}
    </main>
  );
}
