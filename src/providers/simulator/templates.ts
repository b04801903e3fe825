/** The templates of every simulated business. */
import { createHash } from 'node:crypto';

/** A button of a template. */
export interface SimButton {
  readonly type: 'URL' | 'QUICK_REPLY' | 'COPY_CODE';
  readonly text: string;
  readonly url?: string;
}

/** One template, in a form that belongs to no carrier. */
export interface SimTemplate {
  readonly name: string;
  readonly language: string;
  readonly category: string;
  readonly status: 'APPROVED' | 'PENDING' | 'REJECTED' | 'PAUSED';
  /** A file above the text. */
  readonly header?: 'IMAGE' | 'VIDEO' | 'DOCUMENT';
  readonly body: string;
  /** The placeholders have names instead of numbers. */
  readonly isNamed?: true;
  readonly footer?: string;
  readonly buttons?: readonly SimButton[];
}

export const TEMPLATES: readonly SimTemplate[] = [
  {
    name: 'order_update',
    language: 'en',
    category: 'UTILITY',
    status: 'APPROVED',
    body: 'Hello {{1}}, your order {{2}} is on its way.',
    footer: 'Acme & Daughters',
    buttons: [{ type: 'URL', text: 'Track it', url: 'https://example.test/orders/{{1}}' }],
  },
  { name: 'hello', language: 'en', category: 'UTILITY', status: 'APPROVED', body: 'Hello! How can we help you today?' },
  { name: 'hello', language: 'pt_BR', category: 'UTILITY', status: 'APPROVED', body: 'Olá! Como podemos ajudar hoje?' },
  { name: 'spring_sale', language: 'en', category: 'MARKETING', status: 'PAUSED', body: 'Everything is {{1}} % off.' },
  { name: 'refund', language: 'en', category: 'UTILITY', status: 'PENDING', body: 'We have refunded {{1}}.' },
  { name: 'win_big', language: 'en', category: 'MARKETING', status: 'REJECTED', body: 'You have won!' },
  {
    name: 'receipt',
    language: 'en',
    category: 'UTILITY',
    status: 'APPROVED',
    header: 'DOCUMENT',
    body: 'Hello {{1}}, this is your receipt of {{2}}.',
    buttons: [
      { type: 'QUICK_REPLY', text: 'A question' },
      { type: 'URL', text: 'See the order', url: 'https://example.test/orders/{{1}}' },
    ],
  },
  {
    name: 'coupon',
    language: 'en',
    category: 'MARKETING',
    status: 'APPROVED',
    header: 'IMAGE',
    body: 'Something for you, {{customer}}: {{percent}} % off.',
    isNamed: true,
    buttons: [{ type: 'COPY_CODE', text: 'Copy the code' }],
  },
  {
    name: 'how_it_works',
    language: 'en',
    category: 'UTILITY',
    status: 'APPROVED',
    header: 'VIDEO',
    body: 'This is how it works.',
  },
];

/** Twilio's Content SID of a template. */
export function contentSid({ name, language }: Pick<SimTemplate, 'name' | 'language'>): string {
  return `HX${createHash('md5').update(`${name} ${language}`).digest('hex')}`;
}

/** What the phone shows for a template filled in with these values. */
export function templateLine({ name, body }: SimTemplate, values: Readonly<Record<string, string>>): string {
  return `[${name}] ${body.replace(/\{\{(\w+)\}\}/g, (placeholder, key: string) => values[key] ?? placeholder)}`;
}
