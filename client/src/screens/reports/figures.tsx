/** The totals of the range, each with an explanation. */
import type { ReactNode } from 'react';
import type { ReportFigures } from '../../../../src/contract/reports.ts';
import { spanOf } from '../../components/format.ts';
import { countOf } from './words.ts';

interface FigureProps {
  readonly testId: string;
  readonly figure: string;
  readonly label: string;
  readonly words: string;
}

function Figure({ testId, figure, label, words }: FigureProps): ReactNode {
  return (
    <li className="tile" data-testid={`figure-${testId}`}>
      <span className="tile-figure">{figure}</span>
      <span className="tile-label">{label}</span>
      <span className="tile-words">{words}</span>
    </li>
  );
}

function waitFigure({ waitMs }: ReportFigures): FigureProps {
  const words = waitMs === null ? 'Nobody who waited was answered' : `Nine in ten waited ${spanOf(waitMs.p90)} at most`;
  return { testId: 'wait', figure: waitMs === null ? '–' : spanOf(waitMs.p50), label: 'Wait for an answer', words };
}

interface FiguresProps {
  readonly total: ReportFigures;
  /** Whose figures these are: one's own, everybody's, or usage only. */
  readonly of: 'everybody' | 'oneself' | 'usage';
}

function figuresOf({ total, of }: FiguresProps): readonly FigureProps[] {
  const { received, begun, sent, resolved, answered } = total;
  const isOwn = of === 'oneself';
  const came: readonly (readonly [string, number | null, string, string])[] = [
    ['received', received, 'Received', 'Messages from customers'],
    ['begun', begun, 'Conversations', 'Begun, or taken up again'],
  ];
  return [
    ...came.flatMap(([testId, count, label, words]) =>
      count === null ? [] : [{ testId, figure: countOf(count), label, words }],
    ),
    { testId: 'sent', figure: countOf(sent), label: 'Sent', words: `Messages ${isOwn ? 'you wrote' : 'by the team'}` },
    {
      testId: 'resolved',
      figure: countOf(resolved),
      label: 'Resolved',
      words: isOwn ? 'Conversations you resolved' : 'Conversations resolved by somebody',
    },
    {
      testId: 'answered',
      figure: countOf(answered),
      label: 'Answers',
      words: 'To customers who waited for one',
    },
    ...(of === 'usage' ? [] : [waitFigure(total)]),
  ];
}

/** The row of tiles. */
export function Figures(props: FiguresProps): ReactNode {
  return (
    <ul className="tiles report-tiles">
      {figuresOf(props).map((one) => (
        <Figure key={one.testId} {...one} />
      ))}
    </ul>
  );
}
