/** `account:create`, `account:update`, `account:disable`, `account:enable`. */
import type { Account } from '../../contract/entities.ts';
import type { AccountId } from '../../contract/ids.ts';
import type { EncryptionKey } from '../../platform/crypto.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { Command, CommandContext, Outcome } from '../command.ts';
import type { CapabilityMap } from './accounts.ts';
import { accountEntry, assertOutside, changeEntry } from './checks.ts';
import { assertManager } from './list-accounts.ts';
import { accountChanged, insertAccount, setDisabled, updateAccount, type AccountKey } from './writes.ts';

/** What the commands depend on. `key`: the current encryption key. */
export interface ManageDeps {
  readonly capabilities: CapabilityMap;
  readonly key: EncryptionKey;
}

/** The account as clients see it. Index: whatsapp_accounts primary key. */
async function entityOf({ tx }: CommandContext, account: AccountKey, capabilities: CapabilityMap): Promise<Account> {
  const entity = await selectEntity(tx, account);
  return { ...entity, capabilities: capabilities[entity.provider] };
}

/**
 * Throws if the account does not exist: the caller wrote it in this transaction. Index: whatsapp_accounts primary key.
 */
export async function selectEntity(tx: Tx, { tenantId, accountId }: AccountKey): Promise<Account> {
  const [row] = await tx<{ entity: Account }[]>`
    select e.entity from account_entities e where e.tenant_id = ${tenantId} and e.id = ${accountId}`;
  if (row === undefined) throw new Error('A changed account cannot be found.');
  return row.entity;
}

const ownKey = ({ caller }: CommandContext, accountId: AccountId): AccountKey => ({
  tenantId: caller.tenantId,
  accountId,
});

/** Throws forbidden, invalid_input, and conflict when the tenant has the number already. */
export function createAccount({ key, capabilities }: ManageDeps): Command<'account:create'> {
  return {
    name: 'account:create',
    access: 'write',
    async run(context, input) {
      assertManager(context);
      assertOutside(input.apiBaseUrl);
      const { tenantId } = context.caller;
      const accountId = await insertAccount(context.tx, { ...input, tenantId }, key);
      const account = ownKey(context, accountId);
      return {
        data: { account: await entityOf(context, account, capabilities) },
        changes: [accountChanged(account)],
        audit: [accountEntry('account.added', accountId, { provider: input.provider })],
      };
    },
  };
}

/** Locks the account. Throws forbidden, invalid_input, not_found, and conflict for an impossible secret rotation. */
export function changeAccount({ key, capabilities }: ManageDeps): Command<'account:update'> {
  return {
    name: 'account:update',
    access: 'write',
    async run(context, { accountId, ...change }) {
      assertManager(context);
      assertOutside(change.apiBaseUrl);
      const account = ownKey(context, accountId);
      await updateAccount(context.tx, account, change, key);
      return {
        data: { account: await entityOf(context, account, capabilities) },
        changes: [accountChanged(account)],
        audit: [changeEntry(accountId, change)],
      };
    },
  };
}

interface Switch {
  readonly accountId: AccountId;
  readonly disabled: boolean;
}

type Switched = Pick<Outcome<'account:enable'>, 'data' | 'changes' | 'audit'>;

/** Locks the account. Logs nothing if that is its state already. Throws forbidden, not_found. */
async function switchTo(
  context: CommandContext,
  { accountId, disabled }: Switch,
  capabilities: CapabilityMap,
): Promise<Switched> {
  assertManager(context);
  const account = ownKey(context, accountId);
  const changed = await setDisabled(context.tx, account, disabled);
  const data = { account: await entityOf(context, account, capabilities) };
  if (!changed) return { data };
  const action = disabled ? 'account.disabled' : 'account.enabled';
  return { data, changes: [accountChanged(account)], audit: [accountEntry(action, accountId)] };
}

/** From then on no webhook of the number is applied and nothing is sent through it. */
export function disableAccount({ capabilities }: ManageDeps): Command<'account:disable'> {
  return {
    name: 'account:disable',
    access: 'write',
    run: (context, { accountId }) => switchTo(context, { accountId, disabled: true }, capabilities),
  };
}

/** Back in use; webhooks that came meanwhile are applied from the dead letters. */
export function enableAccount({ capabilities }: ManageDeps): Command<'account:enable'> {
  return {
    name: 'account:enable',
    access: 'write',
    run: (context, { accountId }) => switchTo(context, { accountId, disabled: false }, capabilities),
  };
}
