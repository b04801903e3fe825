/** Table cells for what was done, shared by the tables of days and of people. */
import type { ReactNode } from 'react';
import type { MemberFigures } from '../../../../src/contract/reports.ts';
import { spanOf } from '../../components/format.ts';
import { countOf } from './words.ts';

type Done = Pick<MemberFigures, 'sent' | 'resolved' | 'answered' | 'waitMs'>;

/** The last five cells of a row. */
export function DoneCells({ done: { sent, resolved, answered, waitMs } }: { readonly done: Done }): ReactNode {
  return (
    <>
      <td>{countOf(sent)}</td>
      <td>{countOf(resolved)}</td>
      <td>{countOf(answered)}</td>
      <td>{waitMs === null ? '–' : spanOf(waitMs.p50)}</td>
      <td>{waitMs === null ? '–' : spanOf(waitMs.p90)}</td>
    </>
  );
}
