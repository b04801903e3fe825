/** The card of one number: its state, and what can be done with it. */
import { useState, type ReactNode } from 'react';
import type { AccountDetails } from '../../../../src/contract/accounts.ts';
import { constantWords, fullTime } from '../../components/format.ts';
import { Icon } from '../../components/icons.tsx';
import { actions } from '../../state/app.ts';
import { DisableDialog } from './disable-dialog.tsx';
import { limitWords, PROVIDERS, qualityWords, STATES } from './provider-words.ts';

/** What opens in a dialog. */
export type NumberDialog = 'edit' | 'pair' | 'secrets' | 'templates';

type Step = 'account:test' | 'account:disable' | 'account:enable';

/** The outcome of the last step. */
interface Outcome {
  readonly level: 'good' | 'bad';
  readonly words: string;
}

const DONE: Readonly<Record<Exclude<Step, 'account:test'>, string>> = {
  'account:disable': 'Out of use: messages to this number are kept, and nothing is sent through it.',
  'account:enable': 'In use again.',
};

function useSteps(details: AccountDetails) {
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [busy, setBusy] = useState<Step | null>(null);
  const input = { accountId: details.account.id };
  const isFree = busy === null;
  return {
    outcome,
    busy,
    test: async (): Promise<void> => {
      if (!isFree) return;
      setBusy('account:test');
      const answer = await actions.administer('account:test', input);
      setBusy(null);
      const isGood = answer.ok && answer.data.ok;
      setOutcome({ level: isGood ? 'good' : 'bad', words: answer.ok ? answer.data.message : answer.error.message });
    },
    turn: async (step: Exclude<Step, 'account:test'>): Promise<void> => {
      if (!isFree) return;
      setBusy(step);
      const answer = await actions.administer(step, input);
      setBusy(null);
      setOutcome(answer.ok ? { level: 'good', words: DONE[step] } : { level: 'bad', words: answer.error.message });
    },
  };
}

const said = (value: string | null | undefined, words: (value: string) => string): string | null =>
  value === null || value === undefined ? null : words(value);

/** Pairs of label and text; null where there is nothing to show. */
function factsOf({ externalId, secrets, health, checkedAt, reconciledAt, templatesSyncedAt }: AccountDetails) {
  const time = (at: string | null): string | null => (at === null ? null : fullTime(at));
  return [
    ['Carrier’s id', externalId],
    ['Verified name', health?.verifiedName ?? null],
    ['Quality', said(health?.quality, qualityWords)],
    ['Messaging limit', said(health?.messagingLimit, limitWords)],
    ['Throughput', said(health?.throughput, constantWords)],
    ['Last checked', time(checkedAt)],
    ['Compared with the carrier', time(reconciledAt)],
    ['Templates read', time(templatesSyncedAt)],
    ['Webhook secrets', ['That of the installation', 'One of its own', 'Two: one is being replaced'][secrets] ?? null],
  ] as const;
}

function Facts({ details }: { readonly details: AccountDetails }): ReactNode {
  return (
    <dl className="facts">
      {factsOf(details).map(([label, text]) =>
        text === null ? null : (
          <div key={label} className="fact">
            <dt>{label}</dt>
            <dd>{text}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

function Head({ details }: { readonly details: AccountDetails }): ReactNode {
  const { account, disabledAt } = details;
  const isOff = disabledAt !== null;
  return (
    <header className="number-head">
      <span className="number-mark" data-state={isOff ? 'off' : account.state} aria-hidden="true" />
      <span className="number-words">
        <strong>{account.name}</strong>
        <span className="faint">{[account.phone, PROVIDERS[account.provider]].filter(Boolean).join(' · ')}</span>
      </span>
      <span className="chip number-state" data-state={isOff ? 'off' : account.state} data-testid="number-state">
        {isOff ? 'Out of use' : STATES[account.state]}
      </span>
    </header>
  );
}

interface ButtonsProps {
  readonly details: AccountDetails;
  readonly steps: ReturnType<typeof useSteps>;
  readonly onOpen: (dialog: NumberDialog) => void;
}

function Buttons({ details, steps, onOpen }: ButtonsProps): ReactNode {
  const isOff = details.disabledAt !== null;
  const [isAsking, setAsking] = useState(false);
  const { name, provider, capabilities } = details.account;
  const button = (label: string, testId: string, onClick: () => void): ReactNode => (
    <button type="button" className="button" data-testid={testId} aria-disabled={steps.busy !== null} onClick={onClick}>
      {label}
    </button>
  );
  const opener = (dialog: NumberDialog) => () => {
    onOpen(dialog);
  };
  return (
    <div className="number-buttons">
      {isOff
        ? null
        : button(steps.busy === 'account:test' ? 'Asking …' : 'Test', 'number-test', () => void steps.test())}
      {button('Change', 'number-edit', opener('edit'))}
      {provider === 'evolution' && !isOff ? button('Link a phone', 'number-pair', opener('pair')) : null}
      {button('Webhook secrets', 'number-secrets', opener('secrets'))}
      {capabilities?.templates === 'none' ? null : button('Templates', 'number-templates', opener('templates'))}
      {isOff
        ? button('Use again', 'number-enable', () => void steps.turn('account:enable'))
        : button('Take out of use', 'number-disable', () => {
            setAsking(true);
          })}
      {isAsking ? (
        <DisableDialog
          name={name}
          onConfirm={() => void steps.turn('account:disable')}
          onClose={() => {
            setAsking(false);
          }}
        />
      ) : null}
    </div>
  );
}

interface NumberCardProps {
  readonly details: AccountDetails;
  readonly onOpen: (dialog: NumberDialog) => void;
}

/** The card of one number. */
export function NumberCard({ details, onOpen }: NumberCardProps): ReactNode {
  const steps = useSteps(details);
  const { stateReason } = details.account;
  return (
    <li className="number-card" data-testid="number" data-off={details.disabledAt !== null}>
      <Head details={details} />
      {stateReason === null ? null : (
        <p className="number-reason">
          <Icon name="alert" size={15} /> {stateReason}
        </p>
      )}
      <Facts details={details} />
      <Buttons details={details} steps={steps} onOpen={onOpen} />
      {steps.outcome === null ? null : (
        <p className="number-outcome" data-level={steps.outcome.level} role="status" data-testid="number-outcome">
          {steps.outcome.words}
        </p>
      )}
    </li>
  );
}
