/** The current figures. Each tile opens the list that it counts. */
import type { ReactNode } from 'react';
import { actions, useApp } from '../../state/app.ts';
import { countedIn, DEFAULT_VIEW, type View } from '../../state/selectors.ts';
import { presentCount, troubledNumbers } from '../../state/team.ts';
import { shownCount } from '../../sync/counts.ts';

/** Element ids that the tiles of this screen lead to. Both elements can take the focus. */
export const COLLEAGUES_ID = 'team-colleagues';
export const NUMBERS_ID = 'team-numbers';

interface TileProps {
  readonly testId: string;
  readonly figure: string;
  readonly label: string;
  readonly words: string;
  readonly level?: 'calm' | 'bad';
  /** Null when there is nothing to open. */
  readonly onOpen: (() => void) | null;
}

function Tile({ testId, figure, label, words, level = 'calm', onOpen }: TileProps): ReactNode {
  const content = (
    <>
      <span className="tile-figure">{figure}</span>
      <span className="tile-label">{label}</span>
      <span className="tile-words">{words}</span>
    </>
  );
  return (
    <li>
      {onOpen === null ? (
        <div className="tile" data-testid={testId} data-level={level}>
          {content}
        </div>
      ) : (
        <button type="button" className="tile" data-testid={testId} data-level={level} onClick={onOpen}>
          {content}
        </button>
      )}
    </li>
  );
}

/** A figure that the rail or the list also shows. */
function ListTile({
  view,
  ...tile
}: { readonly view: View } & Pick<TileProps, 'testId' | 'label' | 'words'>): ReactNode {
  const count = useApp((state) => countedIn(view, state.machine.inbox.counts) ?? 0);
  return (
    <Tile
      {...tile}
      figure={shownCount(count)}
      onOpen={() => {
        actions.setView(view);
      }}
    />
  );
}

const focusOn = (id: string) => (): void => {
  document.getElementById(id)?.focus();
};

function HereTile(): ReactNode {
  const here = useApp(presentCount);
  const all = useApp((state) => state.machine.inbox.members.size);
  return (
    <Tile
      testId="tile-here"
      figure={`${String(here)} of ${String(all)}`}
      label="Colleagues here"
      words="Online, busy or away"
      onOpen={focusOn(COLLEAGUES_ID)}
    />
  );
}

function NumbersTile(): ReactNode {
  const troubled = useApp((state) => troubledNumbers(state).length);
  const all = useApp((state) => state.machine.inbox.accounts.size);
  return (
    <Tile
      testId="tile-numbers"
      figure={String(troubled)}
      label="Numbers not connected"
      words={`Of ${String(all)}`}
      level={troubled > 0 ? 'bad' : 'calm'}
      onOpen={troubled > 0 ? focusOn(NUMBERS_ID) : null}
    />
  );
}

const LISTS: readonly { testId: string; label: string; words: string; view: View }[] = [
  {
    testId: 'tile-unassigned',
    label: 'Unassigned',
    words: 'Nobody looks after them',
    view: { ...DEFAULT_VIEW, folder: 'unassigned' },
  },
  { testId: 'tile-open', label: 'Open', words: 'All that is not resolved', view: DEFAULT_VIEW },
  {
    testId: 'tile-unread',
    label: 'Unread',
    words: 'With messages nobody read',
    view: { ...DEFAULT_VIEW, unread: true },
  },
];

/** The row of tiles. */
export function Tiles(): ReactNode {
  return (
    <ul className="tiles">
      {LISTS.map((tile) => (
        <ListTile key={tile.testId} {...tile} />
      ))}
      <HereTile />
      <NumbersTile />
    </ul>
  );
}
