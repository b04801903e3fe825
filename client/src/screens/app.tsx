/** Chooses between login and inbox, and applies the theme. */
import { useLayoutEffect, type ReactNode } from 'react';
import { useApp } from '../state/app.ts';
import { ChoosePasswordScreen } from './choose-password-screen.tsx';
import { InboxScreen } from './inbox-screen.tsx';
import { LoginScreen, TenantScreen } from './login-screen.tsx';

/** The root component. */
export function App(): ReactNode {
  const hasSession = useApp((state) => state.session !== null);
  const mustChoose = useApp((state) => state.session?.passwordChangeRequired === true);
  const hasTenant = useApp((state) => state.session?.tenantId != null);
  const theme = useApp((state) => state.ui.theme);
  useLayoutEffect(() => {
    document.documentElement.dataset['theme'] = theme;
  }, [theme]);
  if (!hasSession) return <LoginScreen />;
  if (mustChoose) return <ChoosePasswordScreen />;
  return hasTenant ? <InboxScreen /> : <TenantScreen />;
}
