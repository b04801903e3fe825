/**
 * Meta's error codes as data: what each one means to an agent and to an operator, and how sending reacts to it. The
 * same codes appear in API responses and in failed statuses.
 * https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
 */
import { failureTable, type FailureRule } from '../failure-table.ts';

const NOTHING_TO_DO = 'Nothing to do: it is tried again by itself.';
const OF_THE_MESSAGE = 'Nothing is wrong with the number; the message itself was refused.';

/** One row per meaning. */
export const CLOUD_FAILURES: readonly FailureRule[] = [
  {
    codes: [1, 2, 131000, 131016, 133004],
    action: 'retry',
    title: 'WhatsApp had a temporary problem',
    operator: NOTHING_TO_DO,
  },
  {
    codes: [131057],
    action: 'retry',
    title: 'WhatsApp is upgrading this number',
    operator: NOTHING_TO_DO,
  },
  {
    codes: [4, 80007, 130429],
    action: 'slow',
    title: 'Too many messages at once',
    operator:
      'The number sends faster than Meta allows; it is slowed down by itself. Other programs may use it as well.',
  },
  {
    codes: [131056],
    action: 'pair',
    title: 'Too many messages to this customer in a short time; sending slows down',
    operator: 'Meta allows about one message in six seconds to one customer. Nothing to do.',
  },
  {
    codes: [131048],
    action: 'pause',
    title: 'WhatsApp limits this number because messages were reported as spam',
    operator: 'Check the quality rating of the number in WhatsApp Manager, and whom templates are sent to.',
  },
  {
    codes: [131064],
    action: 'pause',
    title: 'WhatsApp limits this number after template violations',
    operator: 'Check the account’s violations in Business Support Home; templates were misused.',
  },
  {
    codes: [0, 190],
    action: 'account',
    title: 'The access token of this number is no longer valid: connect the number again',
    operator: 'Make a new system user token at Meta and store it for this number.',
  },
  {
    codes: [3, 10, 131005],
    action: 'account',
    title: 'This number lacks a permission at Meta: an administrator must grant it',
    operator: 'Grant the token whatsapp_business_messaging and access to this WhatsApp account.',
  },
  {
    codes: [368, 131031, 130497],
    action: 'account',
    title: 'Meta has blocked this business account',
    operator: 'The account broke a policy or is restricted in the customer’s country: see Business Support Home.',
  },
  {
    codes: [131042, 131044],
    action: 'account',
    title: 'There is a payment problem with this WhatsApp account',
    operator: 'Check the payment method of the WhatsApp account in Meta Business Suite.',
  },
  {
    codes: [131037, 131045, 133010],
    action: 'account',
    title: 'This number is not registered with the Cloud API',
    operator: 'Register the number (display name approved, PIN set) in WhatsApp Manager.',
  },
  {
    codes: [131047, 470],
    action: 'window',
    title: 'More than 24 hours since the customer last wrote: send a template',
    operator: OF_THE_MESSAGE,
  },
  {
    codes: [33, 100, 131008, 131009, 131051, 135000],
    action: 'final',
    title: 'The message has a form that WhatsApp does not accept',
    operator: 'If it happens often, Meta has changed its interface: look for a newer release.',
  },
  {
    codes: [131021],
    action: 'final',
    title: 'A business cannot write to its own number',
    operator: OF_THE_MESSAGE,
  },
  {
    codes: [131026],
    action: 'final',
    title: 'The customer cannot receive this message (no WhatsApp, an old app, or not accepted terms)',
    operator: OF_THE_MESSAGE,
  },
  {
    codes: [131030],
    action: 'final',
    title: 'This number is not on the list of allowed test recipients',
    operator: 'The number is a test number: add the recipient at Meta, or use a real number.',
  },
  {
    codes: [131052, 131053],
    action: 'final',
    title: 'The file could not be used by WhatsApp',
    operator: OF_THE_MESSAGE,
  },
  {
    codes: [131062, 131063],
    action: 'final',
    title: 'This kind of message cannot be sent to a customer without a phone number',
    operator: OF_THE_MESSAGE,
  },
  {
    codes: [132000, 132001, 132005, 132012],
    action: 'final',
    title: 'The template does not exist in this language, or its parameters do not match',
    operator: 'Compare the template with WhatsApp Manager; synchronise templates.',
  },
  {
    codes: [132007],
    action: 'final',
    title: 'The template breaks a WhatsApp policy',
    operator: 'Change the template in WhatsApp Manager.',
  },
  {
    codes: [132015, 132016],
    action: 'final',
    title: 'The template is paused or disabled',
    operator: 'Its quality is low: change it in WhatsApp Manager, or use another one.',
  },
  {
    codes: [132068, 132069],
    action: 'final',
    title: 'The form in this template is blocked or limited',
    operator: 'Check the flow in WhatsApp Manager.',
  },
  {
    codes: [132008, 137000],
    action: 'final',
    title: 'The template could not be filled in',
    operator: OF_THE_MESSAGE,
  },
  {
    codes: [131049],
    action: 'final',
    title:
      'WhatsApp held this marketing message back to protect the customer from too many: try again tomorrow at the earliest',
    operator: 'Meta limits marketing per customer. Nothing to do.',
  },
  {
    codes: [131050],
    action: 'final',
    title: 'The customer does not want marketing messages',
    operator: 'Respect it: no more marketing to this customer.',
  },
  {
    codes: [130472],
    action: 'final',
    title: 'The customer is part of a WhatsApp experiment and gets no marketing messages',
    operator: 'Meta withholds marketing from some customers. Nothing to do.',
  },
];

const OTHER_PERMISSION = {
  action: 'account',
  title: 'This number lacks a permission at Meta',
  operator: 'Check the permissions of the token and of the app at Meta.',
} as const;
const UNLISTED = {
  action: 'final',
  title: 'WhatsApp refused the message',
  operator: 'Meta’s page of error codes explains the code.',
} as const;

/** What a code means. Codes 200 to 299 are permission errors. An unlisted code is final: the message has failed. */
export const failureOf = failureTable(CLOUD_FAILURES, (code) => (/^2\d\d$/.test(code) ? OTHER_PERMISSION : UNLISTED));
