/**
 * Meta's error codes as data: what each means for an agent, and what the machine does about it.
 * https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
 */
import type { SendFailure } from '../sending.ts';

type Rule = readonly [action: SendFailure['action'], title: string, ...codes: number[]];

const RULES: readonly Rule[] = [
  ['retry', 'WhatsApp had a temporary problem; the message is tried again', 1, 2, 131016, 133004],
  ['retry', 'Too many messages at once; the message is tried again shortly', 4, 80007, 130429],
  ['retry', 'WhatsApp is upgrading this number; the message is tried again', 131057],
  ['retry', 'Something went wrong at WhatsApp', 131000],
  ['pair', 'Too many messages to this customer in a short time; sending slows down', 131056],
  ['pause', 'WhatsApp limits this number because messages were reported as spam', 131048],
  ['pause', 'WhatsApp limits this number after template violations', 131064],
  ['account', 'The access token of this number is no longer valid: connect the number again', 0, 190],
  ['account', 'This number lacks a permission at Meta: an administrator must grant it', 3, 10, 131005],
  ['account', 'Meta has blocked this business account', 368, 131031, 130497],
  ['account', 'There is a payment problem with this WhatsApp account', 131042, 131044],
  ['account', 'This number is not registered with the Cloud API', 131045, 133010, 131037],
  ['window', 'More than 24 hours since the customer last wrote: send a template', 131047, 470],
  ['final', 'The message has a form that WhatsApp does not accept', 100, 33, 131008, 131009, 131051, 135000],
  ['final', 'A business cannot write to its own number', 131021],
  ['final', 'The customer cannot receive this message (no WhatsApp, an old app, or not accepted terms)', 131026],
  ['final', 'This number is not on the list of allowed test recipients', 131030],
  ['final', 'The file could not be used by WhatsApp', 131052, 131053],
  ['final', 'This kind of message cannot be sent to a customer without a phone number', 131062, 131063],
  [
    'final',
    'The template does not exist in this language, or its parameters do not match',
    132000,
    132001,
    132012,
    132005,
  ],
  ['final', 'The template breaks a WhatsApp policy', 132007],
  ['final', 'The template is paused or disabled', 132015, 132016],
  ['final', 'The form in this template is blocked or limited', 132068, 132069],
  ['final', 'The template could not be filled in', 132008, 137000],
  ['final', 'WhatsApp held this marketing message back to protect the customer from too many', 131049],
  ['final', 'The customer does not want marketing messages', 131050],
  ['final', 'The customer is part of a WhatsApp experiment and gets no marketing messages', 130472],
];

const TABLE = new Map(
  RULES.flatMap(([action, title, ...codes]) => codes.map((code) => [String(code), { action, title }] as const)),
);

const OTHER_PERMISSION = { action: 'account', title: 'This number lacks a permission at Meta' } as const;
const UNLISTED = { action: 'final', title: 'WhatsApp refused the message' } as const;

/** What a code means. Codes 200 to 299 are permissions; a code that is not listed is final for the message. */
export function failureOf(code: string, retryAfterMs: number | null): SendFailure {
  const rule = TABLE.get(code) ?? (/^2\d\d$/.test(code) ? OTHER_PERMISSION : UNLISTED);
  return { code, title: rule.title, action: rule.action, retryAfterMs };
}
