/** The end of the first column: the person, their state, theme, shortcuts, password and the way out. */
import type { ReactNode } from 'react';
import type { PresenceState } from '../../../src/contract/entities.ts';
import { actions, useApp } from '../state/app.ts';
import { presenceOf } from '../state/team.ts';
import type { AppState, Theme } from '../state/store.ts';
import { Avatar } from '../components/avatar.tsx';
import { Icon, type IconName } from '../components/icons.tsx';
import { MY_STATES, THEME_ICONS } from './places.ts';

const NEXT_THEME: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };

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
      {MY_STATES.map(([value, label]) => (
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
  const nextTheme = (): void => {
    actions.setTheme(NEXT_THEME[theme]);
  };
  const help = (): void => {
    actions.openDialog('help');
  };
  const password = (): void => {
    actions.openDialog('password');
  };
  return (
    <div className="me-tools">
      <Tool icon={THEME_ICONS[theme]} label={`Theme: ${theme}`} testId="theme" onClick={nextTheme} />
      <Tool icon="help" label="Keyboard shortcuts" testId="help-open" onClick={help} />
      <Tool icon="lock" label="Change password" testId="password-open" onClick={password} />
      <Tool icon="logout" label="Log out" testId="logout" onClick={actions.leave} />
    </div>
  );
}

/** Known from the session before the inbox is loaded. */
export function tenantName({ me, session }: AppState): string | undefined {
  return me?.tenant.name ?? session?.tenants.find(({ id }) => id === session.tenantId)?.name;
}

/** Who works here, their state, and their tools. */
export function Me(): ReactNode {
  const name = useApp((state) => (state.me ?? state.session)?.user.displayName ?? '');
  const tenant = useApp(tenantName);
  const member = useApp((state) => state.me?.member);
  const presence = useApp((state) =>
    state.me === null || state.machine.phase === 'offline' ? 'offline' : presenceOf(state, state.me.member.id),
  );
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
