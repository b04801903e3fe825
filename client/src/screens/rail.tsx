/** The first column: folders with counts, screens, colleagues, and the person's own controls. */
import { useState, type ReactNode } from 'react';
import type { PresenceState } from '../../../src/contract/entities.ts';
import { actions, sameItems, useApp } from '../state/app.ts';
import { isAdmin, isLead, shownScreen } from '../state/role.ts';
import { presenceOf, STATE_RANK, troubledNumbers } from '../state/team.ts';
import { shownCount } from '../sync/counts.ts';
import type { AppState, Screen, Theme } from '../state/store.ts';
import { Avatar } from '../components/avatar.tsx';
import { Icon, type IconName } from '../components/icons.tsx';
import { useLogOut } from './log-out.tsx';
import { PasswordDialog } from './password-dialog.tsx';

const FOLDERS: readonly { folder: 'mine' | 'unassigned' | 'all'; label: string; icon: IconName }[] = [
  { folder: 'mine', label: 'Mine', icon: 'user' },
  { folder: 'unassigned', label: 'Unassigned', icon: 'users' },
  { folder: 'all', label: 'All', icon: 'inbox' },
];
const STATES: readonly (readonly [PresenceState, string])[] = [
  ['online', 'Online'],
  ['away', 'Away'],
  ['busy', 'Busy'],
  ['offline', 'Appear offline'],
];
const NEXT_THEME: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };
const THEME_ICONS: Readonly<Record<Theme, IconName>> = { system: 'display', light: 'sun', dark: 'moon' };

function Folders(): ReactNode {
  const current = useApp((state) =>
    state.ui.query.trim() === '' && shownScreen(state) === 'inbox' ? state.ui.view.folder : null,
  );
  const counts = useApp((state) => state.machine.inbox.counts);
  const isLoaded = useApp((state) => state.machine.inbox.cursor !== null);
  return (
    <nav className="folders" aria-label="Folders">
      {FOLDERS.map(({ folder, label, icon }, index) => (
        <button
          key={folder}
          type="button"
          className="folder"
          data-testid={`filter-${folder}`}
          aria-current={current === folder}
          title={`${label} (${String(index + 1)})`}
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

interface ScreenButtonProps {
  readonly screen: Exclude<Screen, 'inbox'>;
  readonly label: string;
  readonly icon: IconName;
  readonly children?: ReactNode;
}

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

/**
 * Screens besides the inbox: reports for everybody, Team for managers and administrators, the others for
 * administrators.
 */
function Screens(): ReactNode {
  const leads = useApp(isLead);
  const administers = useApp(isAdmin);
  return (
    <nav className="folders" aria-label="Screens">
      {leads ? <ScreenButton screen="team" label="Team" icon="tiles" /> : null}
      <ScreenButton screen="reports" label="Reports" icon="poll" />
      {administers ? (
        <>
          <ScreenButton screen="numbers" label="Numbers" icon="phone">
            <Trouble />
          </ScreenButton>
          <ScreenButton screen="members" label="Members" icon="card" />
        </>
      ) : null}
    </nav>
  );
}

/** A colleague's row. It opens their list for managers and administrators; for others it only shows their presence. */
function ColleagueRow({ memberId, children }: { readonly memberId: string; readonly children: ReactNode }): ReactNode {
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
      <ColleagueRow memberId={memberId}>
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

/** Without a connection nobody can be told, and "Appear offline" would not be what the person chose. */
function MyState({ presence }: { readonly presence: PresenceState }): ReactNode {
  const isOffline = useApp((state) => state.machine.phase === 'offline');
  return (
    <select
      value={isOffline ? 'none' : presence}
      disabled={isOffline}
      aria-label="My state"
      data-testid="my-state"
      onChange={(event) => {
        actions.setPresence(event.target.value as PresenceState);
      }}
    >
      {isOffline ? <option value="none">Not connected</option> : null}
      {STATES.map(([value, label]) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  );
}

interface ToolProps {
  readonly icon: IconName;
  readonly label: string;
  readonly testId: string;
  readonly onClick: () => void;
}

function Tool({ icon, label, testId, onClick }: ToolProps): ReactNode {
  return (
    <button
      type="button"
      className="icon-button"
      data-testid={testId}
      title={label}
      aria-label={label}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

function MyTools(): ReactNode {
  const theme = useApp((state) => state.ui.theme);
  const [isChanging, setChanging] = useState(false);
  const { logOut, question } = useLogOut();
  const nextTheme = (): void => {
    actions.setTheme(NEXT_THEME[theme]);
  };
  const help = (): void => {
    actions.showHelp(true);
  };
  return (
    <div className="me-tools">
      <Tool icon={THEME_ICONS[theme]} label={`Theme: ${theme}`} testId="theme" onClick={nextTheme} />
      <Tool icon="help" label="Keyboard shortcuts" testId="help-open" onClick={help} />
      <Tool
        icon="lock"
        label="Change password"
        testId="password-open"
        onClick={() => {
          setChanging(true);
        }}
      />
      <Tool icon="logout" label="Log out" testId="logout" onClick={logOut} />
      {question}
      {isChanging ? (
        <PasswordDialog
          onClose={() => {
            setChanging(false);
          }}
        />
      ) : null}
    </div>
  );
}

/** Known from the session before the inbox is loaded. */
function tenantName({ me, session }: AppState): string | undefined {
  return me?.tenant.name ?? session?.tenants.find(({ id }) => id === session.tenantId)?.name;
}

function Me(): ReactNode {
  const name = useApp((state) => (state.me ?? state.session)?.user.displayName ?? '');
  const tenant = useApp(tenantName);
  const member = useApp((state) => state.me?.member);
  const presence = useApp((state) => (state.me === null ? 'offline' : presenceOf(state, state.me.member.id)));
  return (
    <div className="me">
      <div className="me-person" title={[name, tenant].filter(Boolean).join(', ')}>
        <Avatar name={name} seed={member?.id ?? ''} size="small" presence={presence} />
        <span className="me-words">
          <strong>{name}</strong>
          {member === undefined ? null : <MyState presence={presence} />}
        </span>
      </div>
      <MyTools />
    </div>
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
      <Folders />
      <Screens />
      <Colleagues />
      <Me />
    </aside>
  );
}
