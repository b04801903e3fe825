/**
 * Dialog for linking a phone by QR code. The code is shown on this screen only; new codes replace it as they arrive.
 */
import { useCallback, useEffect, useState, type ReactNode } from 'react';
import type { PairingCode } from '../../../../src/contract/accounts.ts';
import type { Account } from '../../../../src/contract/entities.ts';
import { serverNow } from '../../clock.ts';
import { Dialog } from '../../components/dialog.tsx';
import { spanOf } from '../../components/format.ts';
import { Icon } from '../../components/icons.tsx';
import { useTick } from '../../components/use-tick.ts';
import { actions, useApp } from '../../state/app.ts';

const TICK_MS = 1000;

/** Requests a code; later ones arrive by themselves. `words` says what is happening, or why there is no code. */
function usePairing(accountId: Account['id']) {
  const code = useApp((state) => (state.volatile.pairing?.accountId === accountId ? state.volatile.pairing.qr : null));
  const [words, setWords] = useState<string | null>('Asking for a code …');
  const ask = useCallback(() => {
    setWords('Asking for a code …');
    void actions.pair(accountId).then((answer) => {
      setWords(answer.ok ? null : answer.error.message);
    });
  }, [accountId]);
  useEffect(ask, [ask]);
  useEffect(() => actions.endPairing, []);
  return { code, words, ask };
}

function Code({ code }: { readonly code: PairingCode }): ReactNode {
  useTick(TICK_MS);
  const leftMs = Date.parse(code.expiresAt) - serverNow();
  return (
    <>
      {code.base64 === null ? null : (
        <img className="pair-code" src={code.base64} alt="QR code to scan with the phone" />
      )}
      {code.pairingCode === null ? null : (
        <p>
          Or type on the phone: <strong className="mono">{code.pairingCode}</strong>
        </p>
      )}
      <p className="faint">{leftMs > 0 ? `Good for ${spanOf(leftMs)}` : 'The next code is on its way …'}</p>
    </>
  );
}

/** Does not close once the phone is linked, but says so. */
export function PairDialog({
  account,
  onClose,
}: {
  readonly account: Account;
  readonly onClose: () => void;
}): ReactNode {
  const isLinked = useApp((state) => state.machine.inbox.accounts.get(account.id)?.state === 'connected');
  const { code, words, ask } = usePairing(account.id);
  return (
    <Dialog title={`Link a phone to ${account.name}`} testId="pair" onClose={onClose}>
      <div className="pair">
        {isLinked ? (
          <p className="pair-done" role="status">
            <Icon name="check" size={22} /> The phone is linked.
          </p>
        ) : (
          <>
            <p>On the phone: WhatsApp → Linked devices → Link a device. Then scan this.</p>
            {code === null ? null : <Code code={code} />}
            {code === null && words !== null ? <p role="status">{words}</p> : null}
            {code === null ? (
              <button type="button" className="button" onClick={ask}>
                Ask for a new code
              </button>
            ) : null}
          </>
        )}
      </div>
    </Dialog>
  );
}
