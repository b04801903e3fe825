/** The first column: folders with counts, screens, colleagues, and at its end the person's own controls. */
import type { ReactNode } from 'react';
import { actions, sameItems, useApp } from '../state/app.ts';
import { isLead, maySee, shownScreen } from '../state/role.ts';
import { presenceOf, STATE_RANK, troubledNumbers } from '../state/team.ts';
import { shownCount } from '../sync/counts.ts';
import { Avatar } from '../components/avatar.tsx';
import { Icon } from '../components/icons.tsx';
import { paletteKey } from '../components/palette-key.ts';
import { FOLDERS, SCREENS, type ScreenPlace } from './places.ts';
import { Me, tenantName } from './rail-me.tsx';

function Folders(): ReactNode {
  const current = useApp((state) =>
    state.ui.query.trim() === '' && shownScreen(state) === 'inbox' ? state.ui.view.folder : null,
  );
  const counts = useApp((state) => state.machine.inbox.counts);
  const isLoaded = useApp((state) => state.machine.inbox.cursor !== null);
  return (
    <nav className="folders" aria-label="Folders">
      {FOLDERS.map(({ folder, key, label, icon }) => (
        <button
          key={folder}
          type="button"
          className="folder"
          data-testid={`filter-${folder}`}
          aria-current={current === folder}
          title={`${label} (${key})`}
          onClick={() => {
            actions.setView({ folder });
          }}
        >
          <Icon name={icon} size={20} />
          <span className="folder-label">{label}</span>
          <span className="folder-count" data-testid={`count-${folder}`}>
            {isLoaded ? shownCount(counts[folder]) : null}
          </span>
        </button>
      ))}
    </nav>
  );
}

type ScreenButtonProps = ScreenPlace & { readonly children: ReactNode };

function ScreenButton({ screen, label, icon, children }: ScreenButtonProps): ReactNode {
  const isShown = useApp((state) => shownScreen(state) === screen);
  return (
    <button
      type="button"
      className="folder"
      data-testid={`go-${screen}`}
      aria-current={isShown}
      title={label}
      onClick={() => {
        actions.goTo(screen);
      }}
    >
      <Icon name={icon} size={20} />
      <span className="folder-label">{label}</span>
      {children}
    </button>
  );
}

function Trouble(): ReactNode {
  const troubled = useApp((state) => troubledNumbers(state).length);
  if (troubled === 0) return null;
  return (
    <span className="folder-count folder-trouble" title={`${String(troubled)} not connected`}>
      {troubled}
    </span>
  );
}

/** The screens that this person may see. */
function Screens(): ReactNode {
  const shown = useApp((state) => SCREENS.filter(({ screen }) => maySee(state, screen)), sameItems);
  return (
    <nav className="folders" aria-label="Screens">
      {shown.map((place) => (
        <ScreenButton key={place.screen} {...place}>
          {place.screen === 'numbers' ? <Trouble /> : null}
        </ScreenButton>
      ))}
    </nav>
  );
}

interface ColleagueRowProps {
  readonly memberId: string;
  /** The name where only the avatar is in sight. */
  readonly label: string;
  readonly children: ReactNode;
}

/** A colleague's row. It opens their list for managers and administrators; for others it only shows their presence. */
function ColleagueRow({ memberId, label, children }: ColleagueRowProps): ReactNode {
  const canLook = useApp(isLead);
  const isMe = useApp((state) => state.me?.member.id === memberId);
  const isShown = useApp((state) => {
    const { query, view } = state.ui;
    if (shownScreen(state) !== 'inbox' || query.trim() !== '' || typeof view.folder === 'string') return false;
    return view.folder.memberId === memberId;
  });
  if (!canLook || isMe) return <div className="colleague">{children}</div>;
  return (
    <button
      type="button"
      className="colleague"
      data-testid="colleague-list"
      title={label}
      aria-current={isShown}
      onClick={() => {
        actions.setView({ folder: { memberId } });
      }}
    >
      {children}
    </button>
  );
}

function Colleague({ memberId }: { readonly memberId: string }): ReactNode {
  const member = useApp((state) => state.machine.inbox.members.get(memberId));
  const presence = useApp((state) => presenceOf(state, memberId));
  if (member === undefined) return null;
  // From the event log, which has every change; presence only repeats the number now and then.
  const load = member.activeThreads;
  return (
    <li
      data-testid="presence-member"
      data-state={presence}
      title={`${member.displayName}: ${presence}, ${String(load)} open`}
    >
      <ColleagueRow memberId={memberId} label={`${member.displayName}, ${String(load)} open`}>
        <Avatar name={member.displayName} seed={member.id} size="small" presence={presence} />
        <span className="colleague-name">{member.displayName}</span>
        <span className="colleague-load">{shownCount(load, false)}</span>
      </ColleagueRow>
    </li>
  );
}

function Colleagues(): ReactNode {
  const ids = useApp((state) => {
    const members = [...state.machine.inbox.members.values()];
    const rank = (id: string): number => STATE_RANK[presenceOf(state, id)];
    return members
      .sort((a, b) => rank(a.id) - rank(b.id) || a.displayName.localeCompare(b.displayName))
      .map((member) => member.id as string);
  }, sameItems);
  return (
    <section className="colleagues" aria-label="Who is here">
      <h2>Colleagues</h2>
      <ul>
        {ids.map((id) => (
          <Colleague key={id} memberId={id} />
        ))}
      </ul>
    </section>
  );
}

/** For those who know no shortcuts. */
function PaletteButton(): ReactNode {
  const key = paletteKey();
  return (
    <button
      type="button"
      className="folder"
      data-testid="palette-open"
      title={`Commands (${key})`}
      onClick={() => {
        actions.openDialog('palette');
      }}
    >
      <Icon name="command" size={20} />
      <span className="folder-label">Commands</span>
      <kbd className="folder-key">{key}</kbd>
    </button>
  );
}

/** The rail. */
export function Rail(): ReactNode {
  const tenant = useApp(tenantName) ?? 'Hunfly Inbox';
  return (
    <aside className="rail">
      <div className="brand" title={tenant}>
        <span className="brand-mark" aria-hidden="true">
          <svg viewBox="0 0 32 32" width="28" height="28">
            <path d="M9 8.500v15M23 8.500v15M9 16h14" />
          </svg>
        </span>
        <span className="brand-name">{tenant}</span>
      </div>
      <PaletteButton />
      <Folders />
      <Screens />
      <Colleagues />
      <Me />
    </aside>
  );
}
