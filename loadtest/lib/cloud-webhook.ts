/** The webhook of one customer's text as Meta posts it. Pure: k6 and artillery sign it each with their own crypto. */

/** `externalId` is the number's `phone_number_id`; `id` the message's, unique per number. */
export interface CustomerText {
  readonly externalId: string;
  readonly id: string;
  /** The customer's number, digits only. */
  readonly from: string;
  readonly text: string;
  readonly atMs: number;
}

/** Where Cloud API webhooks go, below the installation's address. */
export const WEBHOOK_PATH = '/api/webhooks/whatsapp/cloud-api';

/** The body; sign exactly these bytes. https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components */
export function cloudTextBody({ externalId, id, from, text, atMs }: CustomerText): string {
  const message = { from, id, timestamp: String(Math.floor(atMs / 1000)), type: 'text', text: { body: text } };
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '15550100000', phone_number_id: externalId },
    contacts: [{ profile: { name: `Customer ${from}` }, wa_id: from }],
    messages: [message],
  };
  return JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: '1', changes: [{ field: 'messages', value }] }],
  });
}

/** Each script writes as customers of its own, so that what one left behind is in no other's way. */
const RANGES = { day: 1, burst: 2, storm: 3, mixed: 4 } as const;

/** The `index`-th customer of a script, below ten million: digits of the range that is kept for fiction (1 555 01…). */
export function customerNumber(range: keyof typeof RANGES, index: number): string {
  return `155501${String(RANGES[range])}${String(index).padStart(7, '0')}`;
}
