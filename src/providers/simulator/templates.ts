/** The templates of every simulated business. */

/** One template, in neither carrier's words. */
export interface SimTemplate {
  readonly name: string;
  readonly language: string;
  readonly category: string;
  readonly status: 'APPROVED' | 'PENDING' | 'REJECTED' | 'PAUSED';
  readonly body: string;
  readonly footer?: string;
  readonly button?: { readonly text: string; readonly url?: string };
}

export const TEMPLATES: readonly SimTemplate[] = [
  {
    name: 'order_update',
    language: 'en',
    category: 'UTILITY',
    status: 'APPROVED',
    body: 'Hello {{1}}, your order {{2}} is on its way.',
    footer: 'Acme & Daughters',
    button: { text: 'Track it', url: 'https://example.test/orders/{{1}}' },
  },
  { name: 'hello', language: 'en', category: 'UTILITY', status: 'APPROVED', body: 'Hello! How can we help you today?' },
  { name: 'hello', language: 'pt_BR', category: 'UTILITY', status: 'APPROVED', body: 'Olá! Como podemos ajudar hoje?' },
  { name: 'spring_sale', language: 'en', category: 'MARKETING', status: 'PAUSED', body: 'Everything is {{1}} % off.' },
  { name: 'refund', language: 'en', category: 'UTILITY', status: 'PENDING', body: 'We have refunded {{1}}.' },
  { name: 'win_big', language: 'en', category: 'MARKETING', status: 'REJECTED', body: 'You have won!' },
];
