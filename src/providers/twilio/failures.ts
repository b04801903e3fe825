/**
 * Twilio's error codes as data: what each means for an agent, and what the machine does about it.
 * https://www.twilio.com/docs/api/errors
 */
import type { SendFailure } from '../sending.ts';

type Rule = readonly [action: SendFailure['action'], title: string, ...codes: (number | string)[]];

const RULES: readonly Rule[] = [
  ['retry', 'Too many messages at once; the message is tried again shortly', 20429, 63018],
  ['retry', 'Too many messages are waiting at Twilio; the message is tried again', 21611],
  ['retry', 'WhatsApp had a temporary problem; the message is tried again', 63012, 63005, 30008],
  ['account', 'Twilio no longer accepts the auth token of this number: connect it again', 20003, 'http_401'],
  ['account', 'The Twilio account of this number is suspended or lacks a permission', 20005, 20008, 30002, 'http_403'],
  ['account', 'Twilio does not know this number as a WhatsApp sender', 63007, 21606, 21660],
  ['account', 'Twilio does not know this account', 20404, 'http_404', 'no_account_sid'],
  ['window', 'More than 24 hours since the customer last wrote: send a template', 63016],
  ['final', 'This number is not on WhatsApp', 63003, 21211],
  ['final', 'The customer cannot receive this message', 63024, 21614, 30003, 30005],
  ['final', 'The customer has asked for no more messages', 21610],
  ['final', 'The message breaks a WhatsApp policy', 63013],
  ['final', 'The file could not be used by WhatsApp', 63019, 21620],
  ['final', 'The template or its contents were refused', 63021, 63027, 63028, 21655, 21656],
  ['final', 'This number is not approved to send on WhatsApp yet', 63020],
  ['final', 'The customer is part of a WhatsApp experiment and gets no marketing messages', 63032],
  ['final', 'WhatsApp held this marketing message back to protect the customer from too many', 63049],
  ['final', 'The message is longer than Twilio accepts (1,600 characters)', 21617],
  ['final', 'The message is empty', 21602, 21619],
  ['final', 'The public address of this installation is not one that Twilio can call', 21609],
  ['final', 'The message was canceled before it was sent', 'canceled'],
];

const TABLE = new Map(
  RULES.flatMap(([action, title, ...codes]) => codes.map((code) => [String(code), { action, title }] as const)),
);

const UNLISTED = { action: 'final', title: 'Twilio refused the message' } as const;

/** What a code means; one that is not listed is final for the message. */
export function failureOf(code: string, retryAfterMs: number | null): SendFailure {
  const { action, title } = TABLE.get(code) ?? UNLISTED;
  return { code, title, action, retryAfterMs };
}
