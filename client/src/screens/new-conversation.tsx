/** Dialog for writing to somebody who has no conversation yet. */
import { useRef, useState, type ReactNode } from 'react';
import type { Account, Thread } from '../../../src/contract/entities.ts';
import { Dialog } from '../components/dialog.tsx';
import { Field } from '../components/composer/fields.tsx';
import type { AboveFile } from '../components/composer/question.ts';
import type { ContentWith } from '../components/composer/sheet-frame.tsx';
import { TemplateSheet } from '../components/composer/template-sheet.tsx';
import { Icon } from '../components/icons.tsx';
import { refusalWords } from '../components/refusal-words.ts';
import { useIsHere } from '../components/use-is-here.ts';
import { passesInMs } from '../sync/conflict.ts';
import { actions, sameItems, useApp } from '../state/app.ts';
import type { Beginning } from '../state/store.ts';
import { filePart, type SendContent } from '../sync/content.ts';
import { MAX_TEXT_CHARS } from '../../../src/contract/send-limits.ts';
import { NoNumberYet } from './no-number.tsx';

const FIRST = 'The first message through this number has to be an approved template.';
/** Key under which the form is kept until the conversation has started. */
const KEPT_AS = 'beginning';
const PHONE = /^\+[1-9]\d{6,14}$/;
const bare = (text: string): string => text.replace(/[\s().-]/g, '');

function open(threadId: string): void {
  actions.closeBeginning();
  actions.select(threadId);
}

function Known({ thread }: { readonly thread: Thread }): ReactNode {
  return (
    <div className="bar" data-level="warn" role="status">
      There is a conversation with {thread.contact.displayName} already.
      <button
        type="button"
        className="link"
        onClick={() => {
          open(thread.id);
        }}
      >
        Open it
      </button>
    </div>
  );
}

function TextForm({
  canSend,
  onSend,
}: {
  readonly canSend: boolean;
  readonly onSend: (content: SendContent) => boolean;
}): ReactNode {
  const [text, setText] = useState('');
  return (
    <form
      className="sheet"
      onSubmit={(event) => {
        event.preventDefault();
        onSend({ kind: 'text', text: text.trim() });
      }}
    >
      <div className="sheet-body">
        <Field label="Message" value={text} maxLength={MAX_TEXT_CHARS} testId="begin-text" isLong onChange={setText} />
      </div>
      <div className="composer-foot">
        <span />
        <button type="submit" className="button button-primary" disabled={!canSend || text.trim() === ''}>
          <Icon name="send" size={16} />
          Send
        </button>
      </div>
    </form>
  );
}

/** The content with its file uploaded, or a sentence why the upload failed. */
async function stored(
  accountId: string,
  contentWith: ContentWith,
  above: AboveFile | null,
): Promise<SendContent | string> {
  if (above === null) return contentWith(null);
  const { kind, file } = above;
  const answer = await actions.storeFile({ accountId, kind, file });
  if (answer === null) return 'The file did not get through. Try again.';
  return 'error' in answer ? refusalWords(answer.error) : contentWith(filePart(kind, answer.mediaId, file));
}

/** The command id for writing to this recipient. It stays the same until the attempt is over. */
function useIntent(accountId: string, to: string) {
  const intent = useRef<{ readonly recipient: string; readonly commandId: string } | null>(null);
  const recipient = `${accountId} ${to}`;
  return {
    commandId: (): string => {
      if (intent.current?.recipient !== recipient) intent.current = { recipient, commandId: crypto.randomUUID() };
      return intent.current.commandId;
    },
    isOver: (): void => {
      intent.current = null;
    },
  };
}

/**
 * Starts the conversation. A repeated click for the same recipient has the same command id, so it is the same message.
 * Closing the dialog during an upload sends nothing.
 */
function useBegin(accountId: string, to: string) {
  const isHere = useIsHere();
  const intent = useIntent(accountId, to);
  const [words, setWords] = useState<string | null>(null);
  const [known, setKnown] = useState<Thread | null>(null);
  return {
    words,
    known,
    begin: async (contentWith: ContentWith, above: AboveFile | null): Promise<void> => {
      setWords(above === null ? 'Sending …' : 'Uploading …');
      const content = await stored(accountId, contentWith, above);
      if (!isHere()) return;
      if (typeof content === 'string') {
        setWords(content);
        return;
      }
      setWords('Sending …');
      const result = await actions.beginConversation(intent.commandId(), { accountId, to }, content);
      if (result.type === 'begun') {
        actions.keepForm(KEPT_AS, { template: undefined });
        open(result.threadId);
      } else if (result.type === 'lost') setWords('No answer yet. Send it again: it will not arrive twice.');
      else {
        if (passesInMs(result.error) === null) intent.isOver();
        setWords(refusalWords(result.error));
      }
    },
    look: async (): Promise<void> => {
      setKnown(PHONE.test(to) ? await actions.findConversation({ accountId, to }) : null);
    },
  };
}

interface FirstMessageProps {
  readonly account: Account;
  readonly canSend: boolean;
  readonly onSend: (contentWith: ContentWith, above: AboveFile | null) => boolean;
}

/** Free text if the number has no 24-hour window, else a template. */
function FirstMessage({ account, canSend, onSend }: FirstMessageProps): ReactNode {
  if (account.capabilities?.windowMs === null)
    return <TextForm canSend={canSend} onSend={(content) => onSend(() => content, null)} />;
  return <TemplateSheet key={account.id} threadId={KEPT_AS} accountId={account.id} reason={FIRST} onSend={onSend} />;
}

interface RecipientProps {
  readonly accounts: readonly Account[];
  readonly accountId: string;
  readonly phone: string;
  readonly onAccount: (accountId: string) => void;
  readonly onPhone: (phone: string) => void;
  readonly onLeave: () => void;
}

function RecipientFields({ accounts, accountId, phone, onAccount, onPhone, onLeave }: RecipientProps): ReactNode {
  return (
    <div className="sheet-body" onBlur={onLeave}>
      <label className="field">
        Through
        <select
          value={accountId}
          onChange={(event) => {
            onAccount(event.target.value);
          }}
        >
          {accounts.map(({ id, name, phone: own }) => (
            <option key={id} value={id}>
              {[name, own].filter(Boolean).join(' · ')}
            </option>
          ))}
        </select>
      </label>
      <Field
        label="To"
        placeholder="+1 555 010 0199"
        value={phone}
        maxLength={40}
        testId="begin-to"
        onChange={onPhone}
      />
      {PHONE.test(bare(phone)) ? null : <p className="faint">A number in full, with + and the country’s code.</p>}
    </div>
  );
}

function Form({ beginning, accounts }: { readonly beginning: Beginning; readonly accounts: readonly Account[] }) {
  const [accountId, setAccountId] = useState<string>(beginning.accountId ?? accounts[0]?.id ?? '');
  const [phone, setPhone] = useState(beginning.to);
  const to = bare(phone);
  const { words, known, begin, look } = useBegin(accountId, to);
  const account = accounts.find(({ id }) => id === accountId);
  const send: FirstMessageProps['onSend'] = (contentWith, above) => {
    if (!PHONE.test(to)) return false;
    void begin(contentWith, above);
    return true;
  };
  return (
    <>
      <RecipientFields
        accounts={accounts}
        accountId={accountId}
        phone={phone}
        onAccount={setAccountId}
        onPhone={setPhone}
        onLeave={() => void look()}
      />
      {known === null ? null : <Known thread={known} />}
      {words === null ? null : (
        <div className="bar" data-level="warn" role="status">
          {words}
        </div>
      )}
      {account === undefined ? null : <FirstMessage account={account} canSend={PHONE.test(to)} onSend={send} />}
    </>
  );
}

/** Shown over everything while open. */
export function NewConversation(): ReactNode {
  const beginning = useApp((state) => state.ui.beginning);
  const accounts = useApp((state) => [...state.machine.inbox.accounts.values()], sameItems);
  if (beginning === null) return null;
  return (
    <Dialog title="New conversation" testId="new-conversation" onClose={actions.closeBeginning}>
      {accounts.length === 0 ? <NoNumberYet /> : <Form beginning={beginning} accounts={accounts} />}
    </Dialog>
  );
}
