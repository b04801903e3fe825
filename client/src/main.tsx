/** Entry of the browser client. */
import { createRoot } from 'react-dom/client';
import { App } from './screens/app.tsx';
import { startApp } from './state/app.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/layout.css';
import './styles/list.css';
import './styles/checked.css';
import './styles/thread.css';
import './styles/message.css';
import './styles/attachments.css';
import './styles/kinds.css';
import './styles/lightbox.css';
import './styles/composer.css';
import './styles/details.css';
import './styles/numbers.css';
import './styles/team.css';
import './styles/members.css';
import './styles/replies.css';
import './styles/reports.css';
import './styles/commands.css';
import './styles/contrast.css';

startApp();
const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<App />);
