/** The bar below the list while conversations are selected: how many, and what can be done to all of them. */
import { useMemo, type ReactNode } from 'react';
import { actions, useApp } from '../../state/app.ts';
import { MOST_CHECKED } from '../../state/checked.ts';
import { Icon } from '../../components/icons.tsx';
import { useIsMore } from '../use-rows.ts';
import { CheckedTools } from './checked-tools.tsx';
import { useFocusKept } from './focus-list.ts';

interface CountProps {
  /** How many rows of the list are selected. */
  readonly count: number;
  /** How many rows the list has so far. */
  readonly loaded: number;
}

function CheckAll({ count, loaded }: CountProps): ReactNode {
  const isMore = useIsMore();
  if (count === Math.min(loaded, MOST_CHECKED)) return null;
  const all = isMore ? `Select all loaded (${String(loaded)})` : `Select all (${String(loaded)})`;
  return (
    <button type="button" className="link" data-testid="check-all" onClick={actions.checkAll}>
      {loaded > MOST_CHECKED ? `Select the first ${String(MOST_CHECKED)}` : all}
    </button>
  );
}

function Bar({ count, loaded }: CountProps): ReactNode {
  const bar = useFocusKept();
  return (
    <div ref={bar} className="checked-bar" role="region" aria-label="Selected conversations" data-testid="checked-bar">
      <div className="checked-head">
        <strong role="status" data-testid="checked-count">
          {count} selected{count === MOST_CHECKED ? ', the most at once' : ''}
        </strong>
        <CheckAll count={count} loaded={loaded} />
        <button
          type="button"
          className="icon-button"
          aria-label="Select none"
          title="Select none (Esc)"
          data-testid="uncheck-all"
          onClick={actions.uncheckAll}
        >
          <Icon name="close" size={14} />
        </button>
      </div>
      <CheckedTools count={count} />
    </div>
  );
}

/** `rows` are those of the list. What it does not show does not count, and nothing is done to it. */
export function CheckedBar({ rows }: { readonly rows: readonly string[] }): ReactNode {
  const checked = useApp((state) => state.checked);
  const count = useMemo(() => rows.filter((id) => checked.ids.has(id)).length, [rows, checked]);
  return count === 0 ? null : <Bar count={count} loaded={rows.length} />;
}
