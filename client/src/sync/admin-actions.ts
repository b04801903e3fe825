/** Requests of administrators, managers and readers of reports: answered at once or not at all, never queued. */
import type { CommandInput, CommandName, CommandResult } from '../../../src/contract/commands.ts';
import type { ErrorBody } from '../../../src/contract/errors.ts';
import type { AccountId } from '../../../src/contract/ids.ts';
import type { Range } from '../state/reports.ts';
import type { Store } from '../state/store.ts';
import type { Feed } from './feed.ts';
import type { VolatileState } from './volatile.ts';

/** The commands about numbers, members, templates, contacts and saved replies. */
export type AdminCommand = Extract<
  CommandName,
  `account:${string}` | `member:${string}` | `template:${string}` | `contact:${string}` | `saved-reply:${string}`
>;

/** An answer, or why there is none. */
export type Answered<N extends CommandName> =
  { readonly ok: true; readonly data: CommandResult<N> } | { readonly ok: false; readonly error: ErrorBody };

const NO_ANSWER: ErrorBody = {
  code: 'unavailable',
  message: 'No answer came. Look whether it was done, and try again.',
};

/** What screens may do. */
export interface AdminActions {
  readonly administer: <N extends AdminCommand>(name: N, input: CommandInput<N>) => Promise<Answered<N>>;
  /** In the days of this machine's time zone. */
  readonly readReport: (range: Range) => Promise<Answered<'report:read'>>;
  /** Asks for a code to link a phone; it and later codes appear in the volatile state. */
  readonly pair: (accountId: AccountId) => Promise<Answered<'account:pair'>>;
  /** Forgets the code. */
  readonly endPairing: () => void;
}

/** Builds the actions over the store and the feed. */
export function makeAdminActions(store: Store, feed: Feed): AdminActions {
  const ask = async <N extends CommandName>(name: N, input: CommandInput<N>): Promise<Answered<N>> =>
    (await feed.ask(name, input)) ?? { ok: false, error: NO_ANSWER };
  const administer: AdminActions['administer'] = ask;
  const show = (pairing: VolatileState['pairing']): void => {
    store.update((state) => ({ ...state, volatile: { ...state.volatile, pairing } }));
  };
  return {
    administer,
    readReport: (range) => {
      const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
      return ask('report:read', { ...range, timeZone });
    },
    pair: async (accountId) => {
      const answer = await administer('account:pair', { accountId });
      if (answer.ok) show({ accountId, qr: answer.data.qr });
      return answer;
    },
    endPairing: () => {
      show(null);
    },
  };
}
