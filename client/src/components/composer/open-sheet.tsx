/** The form that is open in place of the text field. */
import type { ReactNode } from 'react';
import type { Account, Thread } from '../../../../src/contract/entities.ts';
import type { Message } from '../../../../src/contract/message.ts';
import { actions, useApp } from '../../state/app.ts';
import type { SendContent } from '../../sync/content.ts';
import type { FormName } from '../../state/forms.ts';
import { ChoicesSheet } from './choices-sheet.tsx';
import { ContactSheet } from './contact-sheet.tsx';
import { FlowSheet } from './flow-sheet.tsx';
import { LocationSheet } from './location-sheet.tsx';
import { PollSheet } from './poll-sheet.tsx';
import { ProductsSheet } from './products-sheet.tsx';
import type { AboveFile } from './question.ts';
import type { ContentWith, QuestionSheetProps, SheetProps } from './sheet-frame.tsx';
import { sendBelow } from './submit.ts';
import { TemplateSheet } from './template-sheet.tsx';

const CLOSED =
  'More than 24 hours have passed since the customer wrote. WhatsApp now accepts only an approved template; their answer opens the window again.';

interface OpenSheetProps {
  readonly sheet: FormName;
  readonly thread: Thread;
  readonly account: Account | undefined;
  readonly replyTo: Message | null;
  readonly onReplyDone: () => void;
  /** Absent while the 24-hour window is closed, when only a template can be sent. */
  readonly onClose?: () => void;
}

/** The products form, prefilled with the catalog used last. */
function Products({ accountId, ...shared }: QuestionSheetProps & Pick<Thread, 'accountId'>): ReactNode {
  const catalogId = useApp((state) => state.ui.catalogs[accountId] ?? '');
  return (
    <ProductsSheet
      {...shared}
      catalogId={catalogId}
      onCatalog={(used) => {
        actions.rememberCatalog(accountId, used);
      }}
    />
  );
}

const PLAIN: Readonly<Partial<Record<FormName, (props: SheetProps) => ReactNode>>> = {
  location: LocationSheet,
  contact: ContactSheet,
  poll: PollSheet,
};
const QUESTIONS: Readonly<
  Partial<Record<FormName, (props: QuestionSheetProps & Pick<Thread, 'accountId'>) => ReactNode>>
> = {
  choices: ChoicesSheet,
  products: Products,
  flow: FlowSheet,
};

/** Shows one form and sends what it produces. */
export function OpenSheet({ sheet, thread, account, replyTo, onReplyDone, onClose }: OpenSheetProps): ReactNode {
  const { id: threadId, accountId } = thread;
  const close = (): void => {
    onReplyDone();
    onClose?.();
  };
  /** Once a message is on its way its form need not be kept. */
  const settled = (isTaken: boolean): boolean => {
    if (isTaken) actions.keepForm(threadId, { [sheet]: undefined });
    return isTaken;
  };
  const sendWith = (contentWith: ContentWith, above: AboveFile | null): boolean =>
    settled(sendBelow(thread, contentWith, above, replyTo));
  const send = (content: SendContent): boolean => sendWith(() => content, null);
  const Plain = PLAIN[sheet];
  if (Plain !== undefined) return <Plain threadId={threadId} onSend={send} onClose={close} />;
  const Question = QUESTIONS[sheet];
  const can = account?.capabilities;
  if (Question !== undefined && can !== undefined) {
    const ask: QuestionSheetProps['onAsk'] = (question, above) =>
      sendWith((file) => ({ kind: 'interactive', interactive: question(file) }), above);
    return <Question threadId={threadId} accountId={accountId} can={can} onAsk={ask} onClose={close} />;
  }
  const reason = onClose === undefined ? CLOSED : null;
  return (
    <TemplateSheet threadId={threadId} accountId={accountId} reason={reason} onClose={onClose} onSend={sendWith} />
  );
}
