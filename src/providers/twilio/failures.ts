/**
 * Twilio's error codes as data: what each one means to an agent and to an operator, and how sending reacts to it. The
 * same codes appear in API responses and in status callbacks.
 * https://www.twilio.com/docs/api/errors
 */
import { failureTable, type FailureRule } from '../failure-table.ts';

const NOTHING_TO_DO = 'Nothing to do: it is tried again by itself.';
const OF_THE_MESSAGE = 'Nothing is wrong with the sender; the message itself was refused.';

/** One row per meaning. */
export const TWILIO_FAILURES: readonly FailureRule[] = [
  {
    codes: [20429, 63018],
    action: 'slow',
    title: 'Too many messages at once',
    operator: 'The sender is faster than Twilio or WhatsApp allows; it is slowed down by itself.',
  },
  {
    codes: [21611],
    action: 'slow',
    title: 'Too many messages are waiting at Twilio',
    operator: 'The queue of this sender at Twilio is full; it is slowed down by itself.',
  },
  {
    codes: [63012, 63005, 30008],
    action: 'retry',
    title: 'WhatsApp had a temporary problem',
    operator: NOTHING_TO_DO,
  },
  {
    codes: [20003, 'http_401'],
    action: 'account',
    title: 'Twilio no longer accepts the auth token of this number: connect it again',
    operator: 'Store the current auth token of the (sub-)account that owns the sender.',
  },
  {
    codes: [20005, 20008, 30002, 'http_403'],
    action: 'account',
    title: 'The Twilio account of this number is suspended or lacks a permission',
    operator: 'Look at the account’s state in the Twilio console.',
  },
  {
    codes: [63007, 21606, 21660],
    action: 'account',
    title: 'Twilio does not know this number as a WhatsApp sender',
    operator: 'Check that the sender belongs to this account SID and is registered for WhatsApp.',
  },
  {
    codes: [63020],
    action: 'final',
    title: 'This number is not approved to send on WhatsApp yet',
    operator: 'Finish the registration of the sender in the Twilio console.',
  },
  {
    codes: [20404, 'http_404', 'no_account_sid'],
    action: 'account',
    title: 'Twilio does not know this account',
    operator: 'Check the account SID that is stored for this number.',
  },
  {
    codes: [63016],
    action: 'window',
    title: 'More than 24 hours since the customer last wrote: send a template',
    operator: OF_THE_MESSAGE,
  },
  { codes: [63003, 21211], action: 'final', title: 'This number is not on WhatsApp', operator: OF_THE_MESSAGE },
  {
    codes: [63024, 21614, 30003, 30005],
    action: 'final',
    title: 'The customer cannot receive this message',
    operator: OF_THE_MESSAGE,
  },
  {
    codes: [21610],
    action: 'final',
    title: 'The customer has asked for no more messages',
    operator: 'Respect it: Twilio keeps the list of those who said stop.',
  },
  {
    codes: [63013],
    action: 'final',
    title: 'The message breaks a WhatsApp policy',
    operator: OF_THE_MESSAGE,
  },
  {
    codes: [63019, 21620],
    action: 'final',
    title: 'The file could not be used by WhatsApp',
    operator: 'If every file fails, Twilio cannot reach PUBLIC_URL.',
  },
  {
    codes: [63021, 63027, 63028, 21655, 21656],
    action: 'final',
    title: 'The template or its contents were refused',
    operator: 'Compare the template with the Content editor of Twilio; synchronise templates.',
  },
  {
    codes: [63032],
    action: 'final',
    title: 'The customer is part of a WhatsApp experiment and gets no marketing messages',
    operator: 'Meta withholds marketing from some customers. Nothing to do.',
  },
  {
    codes: [63049],
    action: 'final',
    title:
      'WhatsApp held this marketing message back to protect the customer from too many: try again tomorrow at the earliest',
    operator: 'Meta limits marketing per customer. Nothing to do.',
  },
  {
    codes: [21617],
    action: 'final',
    title: 'The message is longer than Twilio accepts (1,600 characters)',
    operator: OF_THE_MESSAGE,
  },
  { codes: [21602, 21619], action: 'final', title: 'The message is empty', operator: OF_THE_MESSAGE },
  {
    codes: [21609],
    action: 'final',
    title: 'The public address of this installation is not one that Twilio can call',
    operator: 'Set PUBLIC_URL to an address that Twilio reaches from the internet.',
  },
  {
    codes: ['canceled'],
    action: 'final',
    title: 'The message was canceled before it was sent',
    operator: 'Somebody cancelled it at Twilio.',
  },
];

const UNLISTED = {
  action: 'final',
  title: 'Twilio refused the message',
  operator: 'Twilio’s page of error codes explains the code.',
} as const;

/** What a code means. An unlisted code is final: the message has failed. */
export const failureOf = failureTable(TWILIO_FAILURES, () => UNLISTED);
