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
const oneSecret = credential.regex(/^[^,]*$/, 'must not contain a comma');
/** Two while one is being rotated. */
const secret = credential.regex(/^[^,]+(,[^,]+)?$/, 'must be one secret, or two separated by a comma');
const phone = z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be E.164, such as +15550100101');
const apiBaseUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).max(2048);
const accountSid = z.string().regex(/^AC[0-9a-zA-Z]{2,62}$/, 'must be an account SID, which begins with AC');
const businessId = z.string().regex(/^\d{5,64}$/, 'must be the digits of a WhatsApp Business Account id');

/** What can be changed of a number; absent stays, null is taken away. */
const settings = {
  name: line(200).optional(),
  phone: phone.nullable().optional(),
  accessToken: credential.nullable().optional(),
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
  /** What webhooks prove; without one the installation's own counts. */
  secret: secret.nullable().optional(),
});
export type NewAccount = z.infer<typeof NewAccount>;

export const AccountChange = z.strictObject({
  accountId: AccountId,
  ...settings,
  /** Replaces all webhook secrets; null: the installation's own counts again. */
  secret: secret.nullable().optional(),
  /** Begins a rotation: this secret counts beside the present one. */
  addSecret: oneSecret.optional(),
  /** Ends a rotation: only the newer of two secrets counts from now on. */
  dropFirstSecret: z.literal(true).optional(),
});
export type AccountChange = z.infer<typeof AccountChange>;

export const AccountHealth = z.object({
  /** The carrier's words; null where it has none. */
  quality: z.string().nullable(),
  throughput: z.string().nullable(),
  messagingLimit: z.string().nullable(),
  nameStatus: z.string().nullable(),
  verifiedName: z.string().nullable(),
});
/** What the carrier said of a number when it was asked last. */
export type AccountHealth = z.infer<typeof AccountHealth>;

export const AccountDetails = z.object({
  account: Account,
  externalId: z.string(),
  apiBaseUrl: z.string().nullable(),
  accountSid: z.string().nullable(),
  businessId: z.string().nullable(),
  readReceipts: ReadReceipts,
  coexistence: z.boolean(),
  /** How many webhook secrets of its own are in force; 0: the installation's. */
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
  /** What the QR code says. */
  code: z.string().nullable(),
  /** To be typed on the phone instead of scanning. */
  pairingCode: z.string().nullable(),
  /** About when the server makes the next one. */
  expiresAt: Instant,
});
/** Whoever has it can take over the number: shown to who asked, kept nowhere. */
export type PairingCode = z.infer<typeof PairingCode>;
