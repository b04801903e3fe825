/** `hunfly account`: like administrators' work on numbers, for operators, who may also set internal addresses. */
import { ReadReceipts } from '../contract/accounts.ts';
import { ProviderName } from '../contract/entities.ts';
import { AccountId } from '../contract/ids.ts';
import { capabilities, openAccountBook, openCarrierHttp } from '../deps.ts';
import { addAccount, editAccount, switchAccount } from '../inbox/accounts/admin.ts';
import type { CarrierDeps } from '../inbox/accounts/carrier.ts';
import { selectDetails } from '../inbox/accounts/list-accounts.ts';
import { pairAccount } from '../inbox/accounts/pair-account.ts';
import { testAccount } from '../inbox/accounts/test-account.ts';
import type { AccountKey } from '../inbox/accounts/writes.ts';
import { encryptionKey } from '../platform/crypto.ts';
import { choice, optional, required, UsageError, type CliArgs, type CliCommand, type CliContext } from './command.ts';
import { foundationOf } from './foundation.ts';
import { tenantOf } from './tenants.ts';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

const add: CliCommand = {
  path: 'account add',
  usage:
    '--tenant S --provider cloud|evolution|twilio --name N --external-id X [--secret S] [--access-token T] ' +
    '[--api-base-url U] [--phone +1555…] [--account-sid AC…] [--business-id N] ' +
    '[--read-receipts on_read|on_reply|never] [--coexistence yes|no]',
  example: '--tenant acme --provider cloud --name Sales --external-id 106540352242922 --access-token EAAG…',
  about: 'a WhatsApp number; secrets are stored encrypted',
  options: {
    tenant: text,
    provider: text,
    name: text,
    'external-id': text,
    secret: text,
    'access-token': text,
    'api-base-url': text,
    phone: text,
    'account-sid': text,
    'business-id': text,
    'read-receipts': text,
    coexistence: text,
  },
  async run(args, context) {
    const given = {
      provider: choice(args, 'provider', ProviderName.options),
      name: required(args, 'name'),
      externalId: required(args, 'external-id'),
      secret: optional(args, 'secret'),
      accessToken: optional(args, 'access-token'),
      apiBaseUrl: optional(args, 'api-base-url'),
      phone: optional(args, 'phone'),
      accountSid: optional(args, 'account-sid'),
      businessId: optional(args, 'business-id'),
      ...choicesOf(args),
    };
    const { id: tenantId } = await tenantOf(args, context);
    const key = encryptionKey(context.config.encryptionKeys[0]);
    const { accountId, logged } = await context
      .database()
      .transaction('cli.account_add', (tx) => addAccount(tx, { ...given, tenantId }, key));
    await context.announce(logged);
    const { provider, externalId } = given;
    return { json: { accountId, tenantId, provider, externalId }, text: `Added ${given.name} (${accountId}).` };
  },
};

const list: CliCommand = {
  path: 'account list',
  usage: '--tenant S',
  example: '--tenant acme',
  about: 'the numbers of a tenant, disabled ones too, and how they are',
  options: { tenant: text },
  async run(args, context) {
    const { id: tenantId } = await tenantOf(args, context);
    const items = await context.database().run('cli.account_list', (sql) => selectDetails(sql, tenantId));
    const lines = items.map(({ account, externalId, disabledAt }) => {
      const state = disabledAt === null ? account.state : 'disabled';
      return `${account.id}  ${account.provider}  ${externalId}  ${account.name}  ${state}  ${account.stateReason ?? ''}`;
    });
    const shown = lines.map((line) => line.trimEnd()).join('\n');
    return { json: { items }, text: shown === '' ? 'There are no numbers.' : shown };
  },
};

/** Settings that have one value. */
const CHANGES = {
  name: 'name',
  phone: 'phone',
  'access-token': 'accessToken',
  'api-base-url': 'apiBaseUrl',
  'account-sid': 'accountSid',
  'business-id': 'businessId',
  secret: 'secret',
  'add-secret': 'addSecret',
} as const;

/** Settings that can be removed. */
const CLEARABLE = ['phone', 'access-token', 'api-base-url', 'account-sid', 'business-id', 'secret'] as const;

const edit: CliCommand = {
  path: 'account edit',
  usage:
    '--tenant S --account ID [--name N] [--phone +1555…] [--access-token T] [--api-base-url U] [--account-sid AC…] ' +
    '[--business-id N] [--read-receipts on_read|on_reply|never] [--coexistence yes|no] ' +
    `[--secret S | --add-secret S | --drop-first-secret] [--clear ${CLEARABLE.join('|')}[,…]]`,
  example: '--tenant acme --account 01a21f45-1be8-7123-ae72-21b7c608fcf0 --name Support',
  about: 'changes a number; what is not given stays',
  options: {
    ...{
      tenant: text,
      account: text,
      'read-receipts': text,
      coexistence: text,
      clear: text,
      'drop-first-secret': flag,
    },
    ...Object.fromEntries(Object.keys(CHANGES).map((name) => [name, text])),
  },
  async run(args, context) {
    const change = changeOf(args);
    const { tenantId, accountId } = await keyOf(args, context);
    const key = encryptionKey(context.config.encryptionKeys[0]);
    const logged = await context
      .database()
      .transaction('cli.account_edit', (tx) => editAccount(tx, tenantId, { accountId, ...change }, key));
    await context.announce(logged);
    const changed = Object.keys(change);
    return { json: { accountId, tenantId, changed }, text: `Changed ${changed.join(', ')} of ${accountId}.` };
  },
};

/** Each changes the webhook secret in its own way. */
const SECRET_FIELDS = ['secret', 'addSecret', 'dropFirstSecret'] as const;

function changeOf(args: CliArgs): Record<string, string | boolean | null> {
  const given = Object.entries(CHANGES).flatMap(([name, field]) => {
    const value = optional(args, name);
    return value === null ? [] : [[field, value] as const];
  });
  const change = {
    ...clearedBy(args),
    ...Object.fromEntries(given),
    ...choicesOf(args),
    ...(args.flags['drop-first-secret'] === true ? { dropFirstSecret: true as const } : {}),
  };
  if (Object.keys(change).length === 0) throw new UsageError('there is nothing to change');
  const ways = SECRET_FIELDS.filter((field) => field in change);
  if (ways.length > 1) throw new UsageError('give or clear only one of --secret, --add-secret, --drop-first-secret');
  return change;
}

/** Null for each setting that is removed. */
function clearedBy(args: CliArgs): Record<string, null> {
  const names = optional(args, 'clear')?.split(',') ?? [];
  return Object.fromEntries(
    names.map((name) => {
      const known = CLEARABLE.find((one) => one === name.trim());
      if (known === undefined) throw new UsageError(`--clear takes some of ${CLEARABLE.join(', ')}`);
      if (optional(args, known) !== null) throw new UsageError(`--${known} is given and cleared`);
      return [CHANGES[known], null];
    }),
  );
}

/** Settings with a fixed choice of values, if given. */
function choicesOf(args: CliArgs): { readonly readReceipts?: ReadReceipts; readonly coexistence?: boolean } {
  const given = (name: string): boolean => args.flags[name] !== undefined;
  return {
    ...(given('read-receipts') ? { readReceipts: choice(args, 'read-receipts', ReadReceipts.options) } : {}),
    ...(given('coexistence') ? { coexistence: choice(args, 'coexistence', ['yes', 'no']) === 'yes' } : {}),
  };
}

const test: CliCommand = {
  path: 'account test',
  usage: '--tenant S --account ID',
  example: '--tenant acme --account 01a21f45-1be8-7123-ae72-21b7c608fcf0',
  about: 'asks the carrier whether a number works; exit 1 if it does not',
  options: { tenant: text, account: text },
  async run(args, context) {
    const key = await keyOf(args, context);
    const { tested, logged } = await withCarriers(context, (carriers) =>
      testAccount({ ...carriers, db: context.database(), capabilities }, key, null),
    );
    await context.announce(logged);
    return { json: tested, text: tested.message, exitCode: tested.ok ? 0 : 1 };
  },
};

const pair: CliCommand = {
  path: 'account pair',
  usage: '--tenant S --account ID',
  example: '--tenant acme --account 01a21f45-1be8-7123-ae72-21b7c608fcf0',
  about: 'a code that links a phone; whoever has it can take over the number',
  options: { tenant: text, account: text },
  async run(args, context) {
    const key = await keyOf(args, context);
    const { clock } = context;
    const qr = await withCarriers(context, (carriers) =>
      pairAccount({ ...carriers, db: context.database(), clock }, key, null),
    );
    if (qr === null) return { json: { qr }, text: 'The number is connected already.' };
    const shown = qr.pairingCode ?? qr.code;
    const words = shown === null ? 'The code is only an image: see --json.' : `Type this on the phone: ${shown}`;
    return { json: { qr }, text: `${words}\nGood until ${qr.expiresAt}.` };
  },
};

const disable = switching('disable', 'takes a number out of use; nothing of it is applied or sent any more');
const enable = switching('enable', 'puts a number back in use; what came meanwhile is applied');

function switching(word: 'disable' | 'enable', about: string): CliCommand {
  const disabled = word === 'disable';
  return {
    path: `account ${word}`,
    usage: '--tenant S --account ID',
    example: '--tenant acme --account 01a21f45-1be8-7123-ae72-21b7c608fcf0',
    about,
    options: { tenant: text, account: text },
    async run(args, context) {
      const key = await keyOf(args, context);
      const logged = await context
        .database()
        .transaction(`cli.account_${word}`, (tx) => switchAccount(tx, key, disabled));
      await context.announce(logged);
      return { json: { ...key, disabled }, text: `${key.accountId} is ${word}d.` };
    },
  };
}

/** The number that `--tenant` and `--account` name; whether it exists is for the caller to find out. */
async function keyOf(args: CliArgs, context: CliContext): Promise<AccountKey> {
  const accountId = AccountId.safeParse(required(args, 'account'));
  if (!accountId.success) throw new UsageError('--account must be an id that `hunfly account list` shows');
  const { id: tenantId } = await tenantOf(args, context);
  return { tenantId, accountId: accountId.data };
}

/** Provides what calling a carrier depends on while `work` runs. */
async function withCarriers<T>(context: CliContext, work: (carriers: CarrierDeps) => Promise<T>): Promise<T> {
  const base = foundationOf(context);
  const http = openCarrierHttp(base);
  try {
    return await work({ accounts: openAccountBook(base, context.database()), http });
  } finally {
    await http.close();
  }
}

/** This group's commands. */
export const accountCommands: readonly CliCommand[] = [add, list, edit, test, pair, disable, enable];
