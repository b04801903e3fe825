/** The form of a number: its fields per carrier, and the commands built from it. Pure. */
import type { AccountChange, AccountDetails, NewAccount, ReadReceipts } from '../../../../src/contract/accounts.ts';
import type { ProviderName } from '../../../../src/contract/entities.ts';

/** Texts as typed; an empty text means not given. */
export interface NumberDraft {
  readonly provider: ProviderName;
  readonly name: string;
  readonly externalId: string;
  readonly phone: string;
  readonly accessToken: string;
  readonly secret: string;
  readonly apiBaseUrl: string;
  readonly accountSid: string;
  readonly businessId: string;
  readonly readReceipts: ReadReceipts;
  readonly coexistence: boolean;
}

/** The fields that are one line of text. */
export type TextField = Exclude<keyof NumberDraft, 'provider' | 'readReceipts' | 'coexistence'>;

interface FieldWords {
  readonly field: TextField;
  readonly label: string;
  readonly placeholder: string;
}

const PHONE: FieldWords = { field: 'phone', label: 'Phone number', placeholder: '+15550100101' };
const NAME: FieldWords = { field: 'name', label: 'Name', placeholder: 'Support' };

/** Fields in form order, named as in the carriers' own consoles. */
export const FIELDS: Readonly<Record<ProviderName, readonly FieldWords[]>> = {
  cloud: [
    NAME,
    PHONE,
    { field: 'externalId', label: 'Phone number ID', placeholder: '106540352242922' },
    { field: 'accessToken', label: 'Access token', placeholder: 'EAAG…' },
    { field: 'businessId', label: 'WhatsApp Business Account ID', placeholder: '102290129340398' },
    { field: 'secret', label: 'App secret', placeholder: 'empty: the installation’s own' },
    { field: 'apiBaseUrl', label: 'API address', placeholder: 'empty: Meta’s' },
  ],
  evolution: [
    NAME,
    PHONE,
    { field: 'externalId', label: 'Instance name', placeholder: 'acme-support' },
    { field: 'accessToken', label: 'API key', placeholder: 'empty: the installation’s own' },
    { field: 'secret', label: 'Webhook secret', placeholder: 'empty: the installation’s own' },
    { field: 'apiBaseUrl', label: 'Server address', placeholder: 'empty: the installation’s own' },
  ],
  twilio: [
    NAME,
    PHONE,
    { field: 'externalId', label: 'Sender', placeholder: 'whatsapp:+15550100101' },
    { field: 'accountSid', label: 'Account SID', placeholder: 'AC…' },
    { field: 'accessToken', label: 'Auth token', placeholder: 'empty: the installation’s own' },
    { field: 'secret', label: 'Webhook auth token', placeholder: 'empty: the installation’s own' },
    { field: 'apiBaseUrl', label: 'API address', placeholder: 'empty: Twilio’s' },
  ],
};

/** Whether a field is a credential, which is never shown again once stored. */
export const isCredential = (field: TextField): boolean => field === 'accessToken' || field === 'secret';

export const EMPTY_NUMBER: NumberDraft = {
  provider: 'cloud',
  name: '',
  externalId: '',
  phone: '',
  accessToken: '',
  secret: '',
  apiBaseUrl: '',
  accountSid: '',
  businessId: '',
  readReceipts: 'on_read',
  coexistence: false,
};

/** The form of a stored number; credentials stay empty. */
export function draftOf(details: AccountDetails): NumberDraft {
  const { account, externalId, apiBaseUrl, accountSid, businessId, readReceipts, coexistence } = details;
  return {
    ...EMPTY_NUMBER,
    provider: account.provider,
    name: account.name,
    phone: account.phone ?? '',
    externalId,
    apiBaseUrl: apiBaseUrl ?? '',
    accountSid: accountSid ?? '',
    businessId: businessId ?? '',
    readReceipts,
    coexistence,
  };
}

/** The filled-in text fields of this carrier, trimmed. */
function filled(draft: NumberDraft): Partial<Record<TextField, string>> {
  const texts = FIELDS[draft.provider].map(({ field }) => [field, draft[field].trim()] as const);
  return Object.fromEntries(texts.filter(([, text]) => text !== ''));
}

/** The command input for a new number. */
export function newAccountOf(draft: NumberDraft): NewAccount {
  const { provider, readReceipts, coexistence } = draft;
  const texts = filled(draft);
  return {
    ...texts,
    provider,
    readReceipts,
    name: draft.name.trim(),
    externalId: draft.externalId.trim(),
    ...(provider === 'cloud' ? { coexistence } : {}),
  };
}

/**
 * Only the changes. An emptied field is sent as null, which removes the value; an empty credential is left as stored.
 */
export function changeOf(details: AccountDetails, draft: NumberDraft): AccountChange {
  const before = draftOf(details);
  const texts = FIELDS[draft.provider]
    .map(({ field }) => [field, draft[field].trim()] as const)
    .filter(([field, text]) => field !== 'externalId' && text !== before[field])
    .map(([field, text]) => [field, text === '' ? null : text]);
  return {
    accountId: details.account.id,
    ...(Object.fromEntries(texts) as Omit<AccountChange, 'accountId'>),
    ...(draft.readReceipts === before.readReceipts ? {} : { readReceipts: draft.readReceipts }),
    ...(draft.coexistence === before.coexistence ? {} : { coexistence: draft.coexistence }),
  };
}
