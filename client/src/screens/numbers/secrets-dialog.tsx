/**
 * Dialog for rotating a number's webhook secret without losing webhooks: add a second one, let both be valid for a
 * while, then keep only the newer.
 */
import { useState, type ReactNode } from 'react';
import type { AccountChange, AccountDetails } from '../../../../src/contract/accounts.ts';
import type { ProviderName } from '../../../../src/contract/entities.ts';
import { Dialog } from '../../components/dialog.tsx';
import { actions } from '../../state/app.ts';

const GENERATED_BYTES = 32;

/** Where a new secret comes from, and where it must be set. */
const PLACES: Readonly<Record<ProviderName, string>> = {
  cloud: 'Meta makes it: App settings → Basic → App secret → Reset. Paste it here.',
  evolution:
    'Generate one, put it to use here, then set it at the instance: as the webhook header X-Webhook-Secret, or as jwt_key.',
  twilio: 'Twilio makes it: Account → API keys & tokens → Secondary auth token. Paste it here.',
};

/** Only with Evolution API do we choose the secret. */
const isOurs = (provider: ProviderName): boolean => provider === 'evolution';

function generate(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(GENERATED_BYTES));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function useChange(details: AccountDetails, onChanged: () => void) {
  const [words, setWords] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const change = async (part: Omit<AccountChange, 'accountId'>, done: string): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    const answer = await actions.administer('account:update', { accountId: details.account.id, ...part });
    setBusy(false);
    setWords(answer.ok ? done : answer.error.message);
    if (answer.ok) onChanged();
  };
  return { words, isBusy, change };
}

interface NewSecretProps {
  readonly provider: ProviderName;
  readonly isFirst: boolean;
  readonly isBusy: boolean;
  readonly onUse: (secret: string) => void;
}

function NewSecret({ provider, isFirst, isBusy, onUse }: NewSecretProps): ReactNode {
  const [secret, setSecret] = useState('');
  return (
    <form
      className="secret-form"
      onSubmit={(event) => {
        event.preventDefault();
        onUse(secret.trim());
      }}
    >
      <p className="faint">{PLACES[provider]}</p>
      <label className="field">
        {isFirst ? 'Secret of this number' : 'Second secret'}
        <input
          className="mono"
          value={secret}
          autoComplete="off"
          spellCheck={false}
          data-testid="secret-text"
          onChange={(event) => {
            setSecret(event.target.value);
          }}
        />
      </label>
      <div className="number-buttons">
        {isOurs(provider) ? (
          <button
            type="button"
            className="button"
            data-testid="secret-generate"
            onClick={() => {
              setSecret(generate());
            }}
          >
            Generate
          </button>
        ) : null}
        <button
          type="submit"
          className="button button-primary"
          data-testid="secret-use"
          aria-disabled={isBusy}
          disabled={secret.trim() === ''}
        >
          {isFirst ? 'Use it' : 'Use it beside the present one'}
        </button>
      </div>
    </form>
  );
}

const STATES: readonly string[] = [
  'This number has no secret of its own: the installation’s counts. As soon as it has one, only that counts.',
  'One secret is in force. A second one can be added: webhooks that prove either are taken.',
  'Two secrets are in force. Retire the older one as soon as the carrier uses the newer.',
];

interface SecretsDialogProps {
  readonly details: AccountDetails;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

/** A secret is visible while it is entered, and never again. */
export function SecretsDialog({ details, onChanged, onClose }: SecretsDialogProps): ReactNode {
  const { account, secrets } = details;
  const { words, isBusy, change } = useChange(details, onChanged);
  return (
    <Dialog title={`Webhook secrets of ${account.name}`} testId="secrets" onClose={onClose}>
      <div className="secrets" data-secrets={secrets}>
        <p>{STATES[secrets]}</p>
        {secrets < 2 ? (
          <NewSecret
            key={secrets}
            provider={account.provider}
            isFirst={secrets === 0}
            isBusy={isBusy}
            onUse={(secret) => void change({ addSecret: secret }, 'In force. It cannot be shown again.')}
          />
        ) : (
          <div className="number-buttons">
            <button
              type="button"
              className="button button-primary"
              data-testid="secret-retire"
              aria-disabled={isBusy}
              onClick={() => void change({ dropFirstSecret: true }, 'Retired: only the newer one counts now.')}
            >
              Retire the older one
            </button>
          </div>
        )}
        <p className="secret-outcome" role="status">
          {words}
        </p>
      </div>
    </Dialog>
  );
}
