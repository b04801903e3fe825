/** A picker for the days that the reports cover. */
import type { ReactNode } from 'react';
import { serverNow } from '../../clock.ts';
import { actions, useApp } from '../../state/app.ts';
import { useRedraw } from '../../components/use-redraw.ts';
import { localDay, rangeOf, type Range, type RangeChoice } from '../../state/reports.ts';

const LAST = [
  [1, 'Today'],
  [7, '7 days'],
  [30, '30 days'],
] as const;

interface ChoiceButtonProps {
  readonly testId: string;
  readonly isChosen: boolean;
  readonly choice: RangeChoice;
  readonly children: ReactNode;
}

function ChoiceButton({ testId, isChosen, choice, children }: ChoiceButtonProps): ReactNode {
  return (
    <button
      type="button"
      className="range"
      data-testid={testId}
      aria-pressed={isChosen}
      onClick={() => {
        actions.chooseReported(choice);
      }}
    >
      {children}
    </button>
  );
}

interface DayFieldProps {
  readonly label: string;
  readonly testId: string;
  readonly value: string;
  readonly onChange: (day: string) => void;
}

function DayField({ label, testId, value, onChange }: DayFieldProps): ReactNode {
  return (
    <label className="range-day">
      {label}
      <input
        type="date"
        data-testid={testId}
        value={value}
        max={localDay(serverNow())}
        onChange={(event) => {
          onChange(event.target.value);
        }}
      />
    </label>
  );
}

/** `problem` says why the typed days cannot be requested. */
export function RangePicker({ problem }: { readonly problem: string | null }): ReactNode {
  const choice = useApp((state) => state.ui.reported);
  const redraw = useRedraw();
  const chooseDay = (day: Partial<Range>): void => {
    actions.chooseReportedDay(day);
    redraw();
  };
  const own = { kind: 'own', ...rangeOf(choice, serverNow()) } as const;
  return (
    <div className="range-picker">
      <div className="ranges" role="group" aria-label="Days">
        {LAST.map(([days, label]) => (
          <ChoiceButton
            key={days}
            testId={`range-${String(days)}`}
            isChosen={choice.kind === 'last' && choice.days === days}
            choice={{ kind: 'last', days }}
          >
            {label}
          </ChoiceButton>
        ))}
        <ChoiceButton testId="range-own" isChosen={choice.kind === 'own'} choice={own}>
          Own dates
        </ChoiceButton>
      </div>
      {choice.kind === 'own' ? (
        <div className="range-days">
          <DayField
            label="From"
            testId="range-from"
            value={choice.from}
            onChange={(from) => {
              chooseDay({ from });
            }}
          />
          <DayField
            label="To"
            testId="range-to"
            value={choice.to}
            onChange={(to) => {
              chooseDay({ to });
            }}
          />
        </div>
      ) : null}
      <p className="range-problem" role="alert" data-testid="range-problem">
        {problem}
      </p>
    </div>
  );
}
