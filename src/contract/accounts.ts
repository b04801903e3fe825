/** WhatsApp numbers as administrators manage them. Credentials go in and never come out. */
import { z } from 'zod';
import { Account, ProviderName } from './entities.ts';
import { AccountId } from './ids.ts';
import { Instant } from './instant.ts';

export const ReadReceipts = z.enum(['on_read', 'on_reply', 'never']);
/** When the customer is told that messages were read: when an agent opens them, with the next answer, or never. */
export type ReadReceipts = z.infer<typeof ReadReceipts>;

const line = (max: number): z.ZodString =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(max)
    .regex(/^[^\u0000-\u001f]*$/, 'must not contain control characters');
const credential = line(4096);
/** Carriers are given it in a header. */
const accessToken = credential.regex(/^[\u0020-\u007e]*$/, 'must have only letters, digits and signs of ASCII');
const oneSecret = credential.regex(/^[^,]*$/, 'must not contain a comma');
/** Two while a rotation is in progress. */
const secret = credential.regex(/^[^,]+(,[^,]+)?$/, 'must be one secret, or two separated by a comma');
const phone = z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be E.164, such as +15550100101');
const apiBaseUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).max(2048);
const accountSid = z.string().regex(/^AC[0-9a-zA-Z]{2,62}$/, 'must be an account SID, which begins with AC');
const businessId = z.string().regex(/^\d{5,64}$/, 'must be the digits of a WhatsApp Business Account id');

/** Settings of a number that can be changed; an absent one stays, null removes it. */
const settings = {
  name: line(200).optional(),
  phone: phone.nullable().optional(),
  accessToken: accessToken.nullable().optional(),
  apiBaseUrl: apiBaseUrl.nullable().optional(),
  accountSid: accountSid.nullable().optional(),
  businessId: businessId.nullable().optional(),
  readReceipts: ReadReceipts.optional(),
  coexistence: z.boolean().optional(),
};

export const NewAccount = z.strictObject({
  ...settings,
  name: line(200),
  provider: ProviderName,
  /** phone_number_id, instance name, or `whatsapp:+digits`. */
  externalId: line(200),
  /** Proves the number's webhooks; without it the installation's own secret does. */
  secret: secret.nullable().optional(),
});
export type NewAccount = z.infer<typeof NewAccount>;

export const AccountChange = z.strictObject({
  accountId: AccountId,
  ...settings,
  /** Replaces all webhook secrets; null: the installation's own secret counts again. */
  secret: secret.nullable().optional(),
  /** Begins a rotation: this secret is accepted as well as the present one. */
  addSecret: oneSecret.optional(),
  /** Ends a rotation: from now on only the newer of the two secrets is accepted. */
  dropFirstSecret: z.literal(true).optional(),
});
export type AccountChange = z.infer<typeof AccountChange>;

const SECRET_CHANGES = ['secret', 'addSecret', 'dropFirstSecret'] as const;

/** Whether at most one field changes the webhook secrets: of two it would be unclear which counts last. */
export function changesSecretsOnce(change: Pick<AccountChange, (typeof SECRET_CHANGES)[number]>): boolean {
  return SECRET_CHANGES.filter((field) => change[field] !== undefined).length <= 1;
}

/** The error if more than one does. */
export const SECRETS_CHANGED_TWICE = { error: `must have only one of ${SECRET_CHANGES.join(', ')}` };

export const AccountHealth = z.object({
  /** In the carrier's words; null if it has none. */
  quality: z.string().nullable(),
  throughput: z.string().nullable(),
  messagingLimit: z.string().nullable(),
  nameStatus: z.string().nullable(),
  verifiedName: z.string().nullable(),
});
/** What the carrier said about a number at the last check. */
export type AccountHealth = z.infer<typeof AccountHealth>;

export const AccountDetails = z.object({
  account: Account,
  externalId: z.string(),
  apiBaseUrl: z.string().nullable(),
  accountSid: z.string().nullable(),
  businessId: z.string().nullable(),
  readReceipts: ReadReceipts,
  coexistence: z.boolean(),
  /** How many webhook secrets of its own the number has; 0: the installation's is used. */
  secrets: z.number().int().min(0),
  hasAccessToken: z.boolean(),
  health: AccountHealth.nullable(),
  checkedAt: Instant.nullable(),
  reconciledAt: Instant.nullable(),
  templatesSyncedAt: Instant.nullable(),
  disabledAt: Instant.nullable(),
  createdAt: Instant,
});
/** A number with what only administrators see. */
export type AccountDetails = z.infer<typeof AccountDetails>;

export const PairingCode = z.object({
  /** The QR code as a data URL of an image. */
  base64: z.string().nullable(),
  /** The content of the QR code. */
  code: z.string().nullable(),
  /** For typing on the phone instead of scanning. */
  pairingCode: z.string().nullable(),
  /** Approximately when the server creates the next one. */
  expiresAt: Instant,
});
/** Whoever has it can take over the number: shown only to the caller, stored nowhere. */
export type PairingCode = z.infer<typeof PairingCode>;
