/** Asks until when to snooze: a preset, or a time the person enters. */
import { useState, type ReactNode } from 'react';
import { serverNow } from '../clock.ts';
import { Dialog } from './dialog.tsx';
import { Menu } from './menu.tsx';
import { fieldTime, futureTime, snoozePresets } from './snooze.ts';

interface SnoozeProps {
  /** Called with the chosen instant, ISO 8601. */
  readonly onSnooze: (until: string) => void;
  readonly onDone: () => void;
}

const instantOf = (ms: number): string => new Date(ms).toISOString();

/** The presets. `onOther` is called when the person wants to enter a time. */
export function SnoozeMenu({ onSnooze, onDone, onOther }: SnoozeProps & { readonly onOther: () => void }): ReactNode {
  const presets = snoozePresets(serverNow()).map(({ key, label, until }) => ({
    ...({ icon: 'clock', label, testId: `snooze-${key}` } as const),
    onPick: () => {
      onSnooze(instantOf(until));
    },
  }));
  const other = { icon: 'calendar', label: 'Another time …', testId: 'snooze-other', onPick: onOther } as const;
  return <Menu label="Snooze" items={[...presets, other]} onDone={onDone} />;
}

/** A field for the time; starts with tomorrow morning. */
export function SnoozeDialog({ onSnooze, onDone }: SnoozeProps): ReactNode {
  const [time, setTime] = useState(() => {
    const presets = snoozePresets(serverNow());
    return fieldTime(presets.find(({ key }) => key === 'tomorrow')?.until ?? serverNow());
  });
  const until = futureTime(time, serverNow());
  return (
    <Dialog title="Snooze until" testId="snooze-dialog" onClose={onDone}>
      <form
        className="sheet"
        onSubmit={(event) => {
          event.preventDefault();
          if (until === null) return;
          onSnooze(instantOf(until));
          onDone();
        }}
      >
        <div className="sheet-body">
          <label className="field">
            <span>Date and time</span>
            <input
              type="datetime-local"
              value={time}
              min={fieldTime(serverNow())}
              data-testid="snooze-time"
              onChange={(event) => {
                setTime(event.target.value);
              }}
            />
          </label>
        </div>
        <div className="composer-foot">
          <span role="status">{until === null ? 'Choose a time that is still to come.' : null}</span>
          <button type="submit" className="button button-primary" data-testid="snooze-set" disabled={until === null}>
            Snooze
          </button>
        </div>
      </form>
    </Dialog>
  );
}
