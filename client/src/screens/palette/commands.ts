/** Everything that the command palette offers besides conversations. Pure. */
import type { Theme, AppState } from '../../state/store.ts';
import { isLead, maySee, seesConversations, shownScreen } from '../../state/role.ts';
import { presenceOf } from '../../state/team.ts';
import { FOLDERS, MY_STATES, SCREENS, THEME_ICONS } from '../places.ts';
import { commandsUnder, FURTHER, type Command } from './command.ts';
import { threadCommands } from './thread-commands.ts';

const going = commandsUnder('Go to');
const own = commandsUnder('You');

const THEME_WORDS: Readonly<Record<Theme, string>> = { system: 'as the system', light: 'light', dark: 'dark' };

/** The ways through the list, while it is on screen. */
function inTheList(state: AppState): readonly Command[] {
  if (shownScreen(state) !== 'inbox') return [];
  return [
    going.byKey('/', 'search', 'Search the list', FURTHER),
    going.byKey('j', 'down', 'Next conversation', FURTHER),
    going.byKey('k', 'back', 'Previous conversation', FURTHER),
  ];
}

function colleagues(state: AppState): readonly Command[] {
  if (!isLead(state)) return [];
  const { members, me } = state.machine.inbox;
  return [...members.values()]
    .filter(({ id }) => id !== me)
    .sort((a, b) => a.displayName.localeCompare(b.displayName))
    .map(({ id, displayName }) =>
      going.acts(
        (actions) => {
          actions.setView({ folder: { memberId: id } });
        },
        'user',
        `Conversations of ${displayName}`,
        FURTHER,
      ),
    );
}

function places(state: AppState): readonly Command[] {
  return [
    ...(seesConversations(state) ? [going.byKey('c', 'plus', 'New conversation')] : []),
    ...FOLDERS.map(({ key, icon, label }) => going.byKey(key, icon, label)),
    ...SCREENS.filter(({ screen }) => maySee(state, screen)).map(({ screen, icon, label }) =>
      going.acts(
        (actions) => {
          actions.goTo(screen);
        },
        icon,
        label,
      ),
    ),
    ...inTheList(state),
    ...colleagues(state),
  ];
}

function themes({ ui }: AppState): readonly Command[] {
  const others = (Object.keys(THEME_WORDS) as Theme[]).filter((theme) => theme !== ui.theme);
  return [
    own.types('Theme: ', THEME_ICONS[ui.theme], 'Theme …'),
    ...others.map((theme) =>
      own.acts(
        (actions) => {
          actions.setTheme(theme);
        },
        THEME_ICONS[theme],
        `Theme: ${THEME_WORDS[theme]}`,
        FURTHER,
      ),
    ),
  ];
}

/** Without a connection nobody can be told. */
function presence(state: AppState): readonly Command[] {
  const { phase, inbox } = state.machine;
  const { me } = inbox;
  if (phase === 'offline' || me === null) return [];
  const others = MY_STATES.filter(([value]) => value !== presenceOf(state, me));
  return [
    own.types('My state: ', 'user', 'My state …'),
    ...others.map(([value, label]) =>
      own.acts(
        (actions) => {
          actions.setPresence(value);
        },
        'user',
        `My state: ${label}`,
        FURTHER,
      ),
    ),
  ];
}

function oneself(state: AppState): readonly Command[] {
  const leave = own.acts(
    (actions) => {
      actions.leave();
    },
    'logout',
    'Log out',
  );
  const password = own.acts(
    (actions) => {
      actions.openDialog('password');
    },
    'lock',
    'Change password',
  );
  return [...presence(state), ...themes(state), own.byKey('?', 'help', 'Keyboard shortcuts'), password, leave];
}

/** In the order in which they are shown. `now` is the time on the server in milliseconds. */
export function commandsOf(state: AppState, now: number): readonly Command[] {
  return [...threadCommands(state, now), ...places(state), ...oneself(state)];
}
