/** Everything a logged-in person sees: the rail, the current screen, bars and dialogs. */
import { useEffect, type ReactNode } from 'react';
import { actions, store, useApp } from '../state/app.ts';
import { shownScreen } from '../state/role.ts';
import { hasUnsent } from '../state/unsent.ts';
import type { DialogName, Screen } from '../state/store.ts';
import { shownCount } from '../sync/counts.ts';
import { ConnectionBar, HeldBar } from '../components/connection-state.tsx';
import { NotPutAwayBar } from '../components/not-put-away-bar.tsx';
import { DetailsPane } from './details-pane.tsx';
import { HelpDialog } from './help-dialog.tsx';
import { ListPane } from './list-pane.tsx';
import { LogOutDialog } from './log-out.tsx';
import { MembersScreen } from './members/members-screen.tsx';
import { NewConversation } from './new-conversation.tsx';
import { NumbersScreen } from './numbers/numbers-screen.tsx';
import { Palette } from './palette/palette.tsx';
import { PasswordDialog } from './password-dialog.tsx';
import { EraseDialog } from './personal-data/erase-dialog.tsx';
import { Rail } from './rail.tsx';
import { RefusedBar } from './refused-bar.tsx';
import { RepliesScreen } from './replies/replies-screen.tsx';
import { ReportsScreen } from './reports/reports-screen.tsx';
import { TeamScreen } from './team/team-screen.tsx';
import { ThreadPane } from './thread-pane.tsx';
import { useShortcuts } from './use-shortcuts.ts';

/** Below this width the details have no column of their own. Same limit as in layout.css. */
const NARROW = '(max-width: 1199px)';
const TITLE = 'Hunfly Inbox';

function useTitle(): void {
  const unread = useApp((state) => state.machine.inbox.counts.unread);
  useEffect(() => {
    document.title = unread > 0 ? `(${shownCount(unread)}) ${TITLE}` : TITLE;
    return () => {
      document.title = TITLE;
    };
  }, [unread]);
}

/** Warns before the window is closed while something has not reached the server. */
function useLeaveGuard(): void {
  const isUnsent = useApp(hasUnsent);
  useEffect(() => {
    if (!isUnsent) return undefined;
    const warn = (event: BeforeUnloadEvent): void => {
      event.preventDefault();
    };
    addEventListener('beforeunload', warn);
    return () => {
      removeEventListener('beforeunload', warn);
    };
  }, [isUnsent]);
}

/** Closes the details when the window becomes narrow, since they would cover the thread. */
function useNarrowDetails(): void {
  useEffect(() => {
    const narrow = matchMedia(NARROW);
    const onChange = (): void => {
      if (narrow.matches && store.get().ui.isDetailsOpen) actions.toggleDetails();
    };
    narrow.addEventListener('change', onChange);
    return () => {
      narrow.removeEventListener('change', onChange);
    };
  }, []);
}

const SCREENS: Readonly<Record<Screen, () => ReactNode>> = {
  inbox: () => (
    <>
      <ListPane />
      <ThreadPane />
      <DetailsPane />
    </>
  ),
  numbers: () => <NumbersScreen />,
  members: () => <MembersScreen />,
  team: () => <TeamScreen />,
  replies: () => <RepliesScreen />,
  reports: () => <ReportsScreen />,
};

const DIALOGS: Readonly<Record<DialogName, () => ReactNode>> = {
  palette: () => <Palette />,
  help: () => <HelpDialog />,
  password: () => <PasswordDialog />,
  'log-out': () => <LogOutDialog />,
};

function OpenDialog(): ReactNode {
  const dialog = useApp((state) => state.ui.dialog);
  return dialog === null ? null : DIALOGS[dialog]();
}

/** The root for a logged-in person with an open inbox. */
export function InboxScreen(): ReactNode {
  useTitle();
  useShortcuts();
  useLeaveGuard();
  useNarrowDetails();
  const screen = useApp(shownScreen);
  const hasThread = useApp((state) => state.ui.selectedId !== null);
  const hasDetails = useApp((state) => state.ui.isDetailsOpen && state.ui.selectedId !== null);
  return (
    <div className="app">
      <ConnectionBar />
      <HeldBar />
      <NotPutAwayBar />
      <RefusedBar />
      <div className="columns" data-screen={screen} data-thread={hasThread} data-details={hasDetails}>
        <Rail />
        {SCREENS[screen]()}
      </div>
      <OpenDialog />
      <NewConversation />
      <EraseDialog />
    </div>
  );
}
