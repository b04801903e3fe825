/** Meta's webhooks for the demo's number, in Meta's own words: for kinds that the simulator's customers do not write. */
import { createHmac } from 'node:crypto';
import { DEMO_ACCOUNTS } from '../../../src/providers/simulator/demo-accounts.ts';
import type { Customer } from './customer.ts';
import type { Product } from './product.ts';

/** A message's type and the part that is named like it, and whatever else it carries. */
export interface CloudContent {
  readonly type: string;
  readonly id?: string;
  readonly [part: string]: unknown;
}

let messages = 0;

/** The customer sends these, a second apart, oldest first; resolves when all are taken. Returns their ids. */
export async function writeOnCloud(
  product: Product,
  customer: Customer,
  contents: readonly CloudContent[],
): Promise<readonly string[]> {
  const account = DEMO_ACCOUNTS.find(({ provider }) => provider === 'cloud');
  const from = Math.floor(Date.now() / 1000) - contents.length;
  const items = contents.map((content, index) => {
    messages += 1;
    return { id: `wamid.e2e-${String(messages)}`, from: customer.phone, timestamp: String(from + index), ...content };
  });
  const metadata = { display_phone_number: account?.phone, phone_number_id: account?.channel };
  const contacts = [{ profile: { name: customer.name }, wa_id: customer.phone }];
  const value = { messaging_product: 'whatsapp', metadata, contacts, messages: items };
  const body = JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: '1', changes: [{ field: 'messages', value }] }],
  });
  const secret = product.system.env['META_APP_SECRET'] ?? '';
  const digest = createHmac('sha256', secret).update(body).digest('hex');
  const response = await fetch(`${product.nodes[0]?.url ?? ''}/api/webhooks/whatsapp/cloud-api`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${digest}` },
    body,
  });
  if (!response.ok) throw new Error(`webhook: ${String(response.status)} ${await response.text()}`);
  return items.map(({ id }) => id);
}
